import { asFloat32, type Context } from '../context.js';
import { bySequence, emitEmbeddings } from '../embeddings.js';
import { emitEncoder } from '../encoder.js';
import { allTokens } from '../queries.js';

/** What a sequence without any real token is divided by instead of 0. */
const SMALLEST_COUNT = 1e-9;

/**
 * The last layer: `tokens` [B, L, H], their `mean` over real tokens, special ones included, and the first one,
 * `cls`, both [B, H]. Sums over tokens are float32's in every graph.
 */
export async function emitFeatures(context: Context): Promise<void> {
  const { graph, config } = context;
  const sequence = await emitEmbeddings(context);
  const encoded = await emitEncoder(context, sequence, (last) => allTokens(context, last));
  const tokens = asFloat32(context, bySequence(context, sequence, encoded, config.hiddenSize));
  graph.node('Identity', [tokens], {}, { output: 'tokens' });
  graph.output('tokens', 'float32', ['batch', 'sequence', config.hiddenSize]);

  const real = asFloat32(context, sequence.real);
  const weights = graph.node('Unsqueeze', [real, graph.ints([1])]);
  const sums = graph.node('Squeeze', [graph.node('MatMul', [weights, tokens]), graph.ints([1])]);
  const counts = graph.node('ReduceSum', [real, graph.ints([1])], { keepdims: 1 });
  const divisors = graph.node('Max', [counts, graph.float(SMALLEST_COUNT)]);
  graph.node('Div', [sums, divisors], {}, { output: 'mean' });
  graph.output('mean', 'float32', ['batch', config.hiddenSize]);

  graph.node('Gather', [tokens, graph.ints([0], [])], { axis: 1 }, { output: 'cls' });
  graph.output('cls', 'float32', ['batch', config.hiddenSize]);
}
