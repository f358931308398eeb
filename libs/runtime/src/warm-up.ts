import { HeddleError } from '@heddle/contracts';
import type { Session } from './session.js';

/** Tokens of the pass: enough for every part of a graph to have work. */
const LENGTH = 8;

/**
 * One short forward pass: the first one of a session allocates, and pays for what is set up at first use.
 * Errors: `artifact-corrupt` when the model does not run.
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
    throw new HeddleError('artifact-corrupt', 'The model cannot be run.', { cause });
  }
}
