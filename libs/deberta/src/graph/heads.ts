import type { Head } from '../config/model-config.js';
import { activation, type Context, linear } from './context.js';
import { emitEmbeddings } from './embeddings.js';
import { emitEncoder } from './encoder.js';

/** Emits the whole graph of a model: from `input_ids` and `attention_mask` [B, L] to `logits`. */
export async function emitModel(context: Context): Promise<void> {
  await EMITTERS[context.config.head](context);
}

const EMITTERS: Record<Head, (context: Context) => Promise<void>> = {
  'sequence-classification': emitSequenceClassification,
  'token-classification': emitTokenClassification,
};

/** classifier(act(pooler(first token))) (transformers ContextPooler). logits [B, labels] */
async function emitSequenceClassification(context: Context): Promise<void> {
  const { config, graph } = context;
  const first = await emitEncoder(context, await emitEmbeddings(context), 'first');
  const pooled = await linear(context, 'pooler.dense', first);
  await linear(context, 'classifier', activation(context, config.poolerActivation, pooled), 'logits');
  graph.output('logits', 'float32', ['batch', config.labels.length]);
}

/** classifier(token) for every token. logits [B, L, labels] */
async function emitTokenClassification(context: Context): Promise<void> {
  const { config, graph } = context;
  const sequence = await emitEmbeddings(context);
  const logits = await linear(context, 'classifier', await emitEncoder(context, sequence, 'all'));
  const labels = graph.ints([config.labels.length]);
  const shape = graph.node('Concat', [sequence.batch, sequence.length, labels], { axis: 0 });
  graph.node('Reshape', [logits, shape], {}, { output: 'logits' });
  graph.output('logits', 'float32', ['batch', 'sequence', config.labels.length]);
}
