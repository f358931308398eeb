import { HeddleError } from '@heddle/contracts';
import type { CompiledModel } from '@heddle/deberta';
import { type OutputTensor, openSession } from '@heddle/runtime';

/** Probe lengths: a short sequence, and the longest the model takes. */
const SHORT = 7;
/** Two runs of the same sequence, alone and padded, in float32. */
const TOLERANCE = 1e-3;

/**
 * Runs the compiled model: every answer must be finite and have an entry for each sequence, token or position as the
 * graph says, and a sequence must get the same answer alone and beside a longer one.
 * Errors: `model-nonfinite`, `quality-loss`.
 */
export async function verifyModel(modelPath: string, compiled: CompiledModel): Promise<void> {
  const session = await openSession(modelPath);
  try {
    const { maxTokens } = compiled;
    const alone = await session.run(batchOf([SHORT], SHORT));
    const together = await session.run(batchOf([SHORT, maxTokens], maxTokens));
    for (const name of compiled.onnx.outputs) {
      const [own, joint] = [alone[name]!, together[name]!];
      expectShape(own, { batch: 1, sequence: SHORT, positions: 2 });
      expectShape(joint, { batch: 2, sequence: maxTokens, positions: 4 });
      if (!(own.data.every(Number.isFinite) && joint.data.every(Number.isFinite))) {
        throw new HeddleError(
          'model-nonfinite',
          'The model answers a probe with numbers that are not finite.',
        );
      }
      // The short sequence is the first of either batch, and its tokens and positions come first.
      const difference = own.data.reduce(
        (worst, value, i) => Math.max(worst, Math.abs(value - joint.data[i]!)),
        0,
      );
      if (own.data.length === 0 || difference > TOLERANCE) {
        throw new HeddleError(
          'quality-loss',
          `A sequence's answer changes by ${difference} in the company of a longer one.`,
        );
      }
    }
  } finally {
    await session.close();
  }
}

/** Sequences [CLS] 5 6 7 … [SEP] of these lengths, padded to `length`; two positions are asked of each. */
function batchOf(lengths: number[], length: number) {
  const inputIds = new Int32Array(lengths.length * length);
  const attentionMask = new Uint8Array(lengths.length * length);
  for (const [row, size] of lengths.entries()) {
    for (let i = 0; i < size; i++)
      inputIds[row * length + i] = i === 0 ? 1 : i === size - 1 ? 2 : 4 + (i % 50);
    attentionMask.fill(1, row * length, row * length + size);
  }
  const positions = Int32Array.from(lengths.flatMap((size, row) => [row, 1, row, size - 2]));
  return { inputIds, attentionMask, positions, batch: lengths.length, length };
}

function expectShape({ dims, axes }: OutputTensor, sizes: Record<string, number>): void {
  const expected = axes.map((axis) => (typeof axis === 'number' ? axis : sizes[axis]));
  if (dims.join() === expected.join()) return;
  throw new HeddleError('quality-loss', `The model answers with the shape [${dims}], not [${expected}].`);
}
