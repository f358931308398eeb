import { activation } from '../activations.js';
import { type Context, layerNorm, result } from '../context.js';
import { bySequence, emitEmbeddings } from '../embeddings.js';
import { emitEncoder } from '../encoder.js';
import { linear } from '../products.js';
import { allTokens } from '../queries.js';

/**
 * classifier(act(dense(LN(token + first token)))): the log-odds that a token was replaced
 * (DeBERTa/apps/models/replaced_token_detection_model.py). logits [B, L]
 */
export async function emitReplacedTokenDetection(context: Context): Promise<void> {
  const { graph, config } = context;
  const sequence = await emitEmbeddings(context);
  const encoded = await emitEncoder(context, sequence, (last) => allTokens(context, last));
  const tokens = bySequence(context, sequence, encoded, config.hiddenSize);
  const first = graph.node('Gather', [tokens, graph.ints([0])], { axis: 1 });
  const normed = await layerNorm(context, 'mask_predictions.LayerNorm', graph.node('Add', [tokens, first]));
  const rows = graph.node('Reshape', [normed, graph.ints([-1, config.hiddenSize])]);
  const dense = await linear(context, 'mask_predictions.dense', rows);
  const activated = activation(context, config.hiddenActivation, dense);
  const logits = await linear(context, 'mask_predictions.classifier', activated);
  const shape = graph.node('Concat', [sequence.batch, sequence.length], { axis: 0 });
  await result(context, 'logits', ['batch', 'sequence'], (named) =>
    graph.node('Reshape', [logits, shape], {}, named),
  );
}
