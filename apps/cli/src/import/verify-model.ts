import { HeddleError } from '@heddle/contracts';
import type { CompiledModel } from '@heddle/deberta';
import { openSession } from '@heddle/runtime';

/** Probe lengths: a short sequence, and the longest the model takes. */
const SHORT = 7;
/** Two runs of the same sequence, alone and padded, in float32. */
const TOLERANCE = 1e-3;

/**
 * Runs the compiled model: every answer must be finite and of the head's shape, and a sequence must get the same
 * answer alone and beside a longer one.
 * Errors: `model-nonfinite`, `quality-loss`.
 */
export async function verifyModel(modelPath: string, compiled: CompiledModel): Promise<void> {
  const session = await openSession(modelPath);
  try {
    const { maxTokens, labels, head } = compiled;
    const logitsOf = async (lengths: number[], length: number) =>
      (await session.run(batchOf(lengths, length))).logits!;
    const alone = await logitsOf([SHORT], SHORT);
    const together = await logitsOf([SHORT, maxTokens], maxTokens);
    const perToken = head === 'token-classification';
    expectShape(together.dims, perToken ? [2, maxTokens, labels.length] : [2, labels.length]);
    if (![...alone.data, ...together.data].every(Number.isFinite)) {
      throw new HeddleError('model-nonfinite', 'The model answers a probe with numbers that are not finite.');
    }
    const own = alone.data.length;
    const difference = Math.max(...alone.data.map((logit, i) => Math.abs(logit - together.data[i]!)));
    if (own === 0 || difference > TOLERANCE) {
      throw new HeddleError(
        'quality-loss',
        `A sequence's answer changes by ${difference} in the company of a longer one.`,
      );
    }
  } finally {
    await session.close();
  }
}

/** Sequences [CLS] 5 6 7 … [SEP] of these lengths, padded to `length`. */
function batchOf(lengths: number[], length: number) {
  const inputIds = new Int32Array(lengths.length * length);
  const attentionMask = new Uint8Array(lengths.length * length);
  for (const [row, size] of lengths.entries()) {
    for (let i = 0; i < size; i++)
      inputIds[row * length + i] = i === 0 ? 1 : i === size - 1 ? 2 : 4 + (i % 50);
    attentionMask.fill(1, row * length, row * length + size);
  }
  return { inputIds, attentionMask, batch: lengths.length, length };
}

function expectShape(actual: number[], expected: number[]): void {
  if (actual.join() === expected.join()) return;
  throw new HeddleError('quality-loss', `The model answers with the shape [${actual}], not [${expected}].`);
}
