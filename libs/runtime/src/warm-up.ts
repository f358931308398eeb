import { HeddleError } from '@heddle/contracts';
import type { Session } from './session.js';

/** Tokens of the pass: enough for every part of a graph to have work. */
const LENGTH = 8;

/** What ONNX Runtime's webgpu says of a kernel that it cannot compile, which is after the session was opened. */
const NO_HALVES = /requires f16 but the device does not support it/;

/**
 * One short forward pass: the first one of a session allocates, and pays for what is set up at first use.
 * Errors: `model-unavailable` when it computes in half precision and the device does not; `artifact-corrupt` when it does
 * not run for another reason.
 */
export async function warmUp(session: Session): Promise<void> {
  try {
    await session.run({
      // Id 0 is in every vocabulary.
      inputIds: new Int32Array(LENGTH),
      attentionMask: new Uint8Array(LENGTH).fill(1),
      positions: Int32Array.of(0, 0),
      batch: 1,
      length: LENGTH,
    });
  } catch (cause) {
    await session.close();
    if (cause instanceof Error && NO_HALVES.test(cause.message)) {
      throw new HeddleError(
        'model-unavailable',
        'The version is served in fp16, and the GPU or its driver has no half precision (WebGPU: shader-f16).',
        { cause },
      );
    }
    throw new HeddleError('artifact-corrupt', 'The model cannot be run.', { cause });
  }
}
