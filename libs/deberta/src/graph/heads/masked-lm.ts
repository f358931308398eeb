import type { Value } from '@heddle/onnx';
import { MASKED_WORD_BIAS, MASKED_WORD_HEAD } from '../../weights/head-shapes.js';
import { layerName } from '../../weights/tensor-shapes.js';
import { activation } from '../activations.js';
import { projectKeys, projectQueries } from '../attention.js';
import { type Context, layerNorm, parameter, result } from '../context.js';
import { emitEmbeddings, type Sequence } from '../embeddings.js';
import { emitEncoder, emitLayers } from '../encoder.js';
import { attend, emitRest } from '../layer.js';
import { linear } from '../products.js';
import { chosenTokens, type Queries } from '../queries.js';
import { slotsOf } from './slots.js';

/** How often the mask decoder passes its queries through the last layer (DeBERTa/apps/models). */
const DECODER_STEPS = 2;

/**
 * Words for the tokens of the input `positions` [n, 2] (row of the batch, token), in any order and number.
 * logits [n, vocabulary]
 */
export async function emitMaskedLm(context: Context): Promise<void> {
  const { graph, config, plan } = context;
  const embedded = await emitEmbeddings(context);
  const positions = graph.input('positions', 'int64', ['positions', 2]);
  const slots = slotsOf(context, embedded, positions);
  const choose = (sequence: Sequence) => chosenTokens(context, sequence, slots.tokens, slots.count);
  const decodes = plan.mlm === 'ms-emd' && !config.absolutePositions;
  const rows = decodes
    ? await emitMaskDecoder(context, embedded, choose, slots.tokens)
    : await emitEncoder(context, embedded, choose);
  const decoded = slots.pick(rows);
  if (context.inner) await showDecoded(context, decoded);
  await emitWords(context, decoded);
}

/**
 * Microsoft's enhanced mask decoder (DeBERTa/apps/models/masked_language_model.py): what the last layer would
 * read is attended to by queries that start as the same states plus absolute positions and pass through that
 * layer twice. Keys and values are those of the first pass in both, queries never become keys: so they are computed
 * once, and only the tokens that are asked for are queries. The layer's ordinary output is not needed at all.
 */
async function emitMaskDecoder(
  context: Context,
  embedded: Sequence,
  choose: (sequence: Sequence) => Queries,
  tokens: Value,
): Promise<Value> {
  const { graph, config } = context;
  const last = config.layers - 1;
  const layer = layerName(last);
  const sequence = await emitLayers(context, embedded, last);
  const queries = choose(sequence);
  const keys = await projectKeys(context, layer, sequence, queries);
  const table = await parameter(context, 'embeddings.position_embeddings.weight');
  const flat = graph.node('Reshape', [tokens, graph.ints([-1])]);
  let rows = graph.node('Add', [queries.take(sequence.hidden), graph.node('Gather', [table, flat])]);
  for (let step = 0; step < DECODER_STEPS; step++) {
    const query = await projectQueries(context, layer, rows, sequence, queries);
    rows = await emitRest(context, layer, await attend(context, layer, query, keys, queries), rows);
  }
  return rows;
}

/** LN(act(dense(x)))·Wᵀ + b over the vocabulary, W the word embeddings unless the head has its own. */
async function emitWords(context: Context, x: Value): Promise<void> {
  const { graph, config, plan } = context;
  const mlm = plan.mlm!;
  const dense = await linear(context, `${MASKED_WORD_HEAD[mlm]}.dense`, x);
  const activated = activation(context, config.hiddenActivation, dense);
  const normed = await layerNorm(context, `${MASKED_WORD_HEAD[mlm]}.LayerNorm`, activated);
  const own = mlm === 'hf-legacy' && !config.tiedDecoder;
  const words = await parameter(
    context,
    own ? 'cls.predictions.decoder.weight' : 'embeddings.word_embeddings.weight',
  );
  const bias = await parameter(context, MASKED_WORD_BIAS[mlm]);
  await result(context, 'logits', ['positions', config.vocabSize], (named) =>
    graph.node('Gemm', [normed, words, bias], { transB: 1 }, named),
  );
}

function showDecoded(context: Context, rows: Value): Promise<void> {
  const { graph, config } = context;
  return result(context, 'emd_hidden', ['positions', config.hiddenSize], (named) =>
    graph.node('Identity', [rows], {}, named),
  );
}
