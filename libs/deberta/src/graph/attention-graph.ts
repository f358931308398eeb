import type { Value } from '@heddle/onnx';
import { layerName } from '../weights/tensor-shapes.js';
import { probabilities, scoreTerms, totalScore, weightedValues } from './attention.js';
import type { Context } from './context.js';
import { emitEmbeddings, type Sequence } from './embeddings.js';
import { afterLayer } from './encoder.js';
import { emitRest, projectLayer } from './layer.js';
import { allTokens } from './queries.js';

/**
 * Emits the encoder alone with what attention is made of as outputs, all [B, h, L, L]: for layer i the terms
 * `c2c.{i}`, `c2p.{i}`, `p2c.{i}`, each divided by the scale and left out where the model lacks it, their sum
 * `total.{i}`, and `probs.{i}`, its masked softmax (with talking heads mixed before and after, as the model does).
 */
export async function emitAttentionGraph(context: Context): Promise<void> {
  const { config } = context;
  const embedded = await emitEmbeddings(context);
  const queries = allTokens(context, embedded);
  let sequence: Sequence = embedded;
  for (let index = 0; index < config.layers; index++) {
    const layer = layerName(index);
    const { query, keys } = await projectLayer(context, index, sequence, queries);
    const terms = scoreTerms(context, query, keys, queries);
    const scores = totalScore(context, terms);
    const weights = await probabilities(context, layer, scores, queries);
    show(context, `c2c.${index}`, terms.contentToContent);
    show(context, `c2p.${index}`, terms.contentToPosition);
    show(context, `p2c.${index}`, terms.positionToContent);
    show(context, `total.${index}`, scores);
    show(context, `probs.${index}`, weights);
    // Nobody asks for the last layer's states.
    if (index === config.layers - 1) break;
    const attended = weightedValues(context, weights, keys, queries);
    const output = await emitRest(context, layer, attended, sequence.hidden);
    sequence = { ...sequence, hidden: await afterLayer(context, index, embedded, output) };
  }
}

function show({ graph, config }: Context, name: string, value: Value | null): void {
  if (value === null) return;
  graph.node('Identity', [value], {}, { output: name });
  graph.output(name, 'float32', ['batch', config.attentionHeads, 'sequence', 'sequence']);
}
