import { HeddleError, type OutputDifference } from '@heddle/contracts';
import type { ForwardInput, Session } from '@heddle/runtime';
import { assertFinite, difference, valuesOf } from './outputs.js';

/** Tokens of the sequence that is run alone and in company. */
const SHORT = 7;
/** Of the largest value, of two runs of the same sequence in float32, alone and padded. */
const TOLERANCE = 1e-3;

/** What is compared of an output's values of one sequence. */
type ScoresOf = (output: string, values: Float32Array) => ArrayLike<number>;

/**
 * Runs a short sequence alone and beside one of the longest length: every answer must be finite, and the short
 * sequence must get the same one twice; the same scores, where those are what counts. Errors: `model-nonfinite`,
 * `quality-loss`.
 */
export async function measureBatching(
  session: Session,
  maxTokens: number,
  scoresOf: ScoresOf = (_, values) => values,
  tolerance = TOLERANCE,
): Promise<OutputDifference[]> {
  const alone = await session.run(batchOf([SHORT], SHORT));
  const together = await session.run(batchOf([SHORT, maxTokens], maxTokens));
  const tokens = Array.from({ length: SHORT }, (_, at) => at);
  const all = Array.from({ length: maxTokens }, (_, at) => at);
  return Object.entries(together).map(([name, output]) => {
    // Positions are asked of the short sequence alone, so the first entries are its.
    const want = valuesOf(alone[name]!, 0, tokens);
    const got = valuesOf(output, 0, tokens).subarray(0, want.length);
    for (const values of [want, got, valuesOf(output, 1, all)]) assertFinite(name, values);
    const found = difference(name, scoresOf(name, got), scoresOf(name, want), tolerance);
    if (want.length === 0 || found.max_abs_difference > found.tolerance) {
      throw new HeddleError(
        'quality-loss',
        `${name} of a sequence changes by ${found.max_abs_difference} in the company of a longer one.`,
      );
    }
    return found;
  });
}

/** Sequences [CLS] 5 6 7 … [SEP] of these lengths, padded to `length`. */
function batchOf(lengths: number[], length: number): ForwardInput {
  const inputIds = new Int32Array(lengths.length * length);
  const attentionMask = new Uint8Array(lengths.length * length);
  for (const [row, size] of lengths.entries()) {
    for (let i = 0; i < size; i++)
      inputIds[row * length + i] = i === 0 ? 1 : i === size - 1 ? 2 : 4 + (i % 50);
    attentionMask.fill(1, row * length, row * length + size);
  }
  const positions = Int32Array.of(0, 1, 0, SHORT - 2);
  return { inputIds, attentionMask, positions, batch: lengths.length, length };
}
