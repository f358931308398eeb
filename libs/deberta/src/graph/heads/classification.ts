import { activation } from '../activations.js';
import { type Context, result } from '../context.js';
import { bySequence, emitEmbeddings } from '../embeddings.js';
import { emitEncoder } from '../encoder.js';
import { linear } from '../products.js';
import { allTokens, firstToken } from '../queries.js';

/** classifier(act(pooler(first token))) (transformers ContextPooler). logits [B, labels] */
export async function emitSequenceClassification(context: Context): Promise<void> {
  await emitPooledClassifier(context, context.plan.labels.length);
}

/** The same with one logit for each choice, which is a sequence of its own. logits [B, 1] */
export async function emitMultipleChoice(context: Context): Promise<void> {
  await emitPooledClassifier(context, 1);
}

async function emitPooledClassifier(context: Context, outputs: number): Promise<void> {
  const { config } = context;
  const first = await emitEncoder(context, await emitEmbeddings(context), (sequence) =>
    firstToken(context, sequence),
  );
  const pooled = await linear(context, 'pooler.dense', first);
  const activated = activation(context, config.poolerActivation, pooled);
  await result(context, 'logits', ['batch', outputs], (named) =>
    linear(context, 'classifier', activated, named),
  );
}

/** classifier(token) for every token; Microsoft's classifies gelu(proj(token)). logits [B, L, labels] */
export async function emitTokenClassification(context: Context): Promise<void> {
  const { graph, plan } = context;
  const sequence = await emitEmbeddings(context);
  let x = await emitEncoder(context, sequence, (encoded) => allTokens(context, encoded));
  if (plan.projected) x = activation(context, 'gelu', await linear(context, 'proj', x));
  const logits = bySequence(context, sequence, await linear(context, 'classifier', x), plan.labels.length);
  await result(context, 'logits', ['batch', 'sequence', plan.labels.length], (named) =>
    graph.node('Identity', [logits], {}, named),
  );
}
