import type { Session } from '@heddle/runtime';
import { assertFinite, valuesOf } from './outputs.js';

/** Tokens of the one run: enough for every part of a graph to have work. */
const LENGTH = 8;

/** Runs a graph on a short sequence. Throws `model-nonfinite`. */
export async function runOnce(session: Session): Promise<void> {
  const tokens = Array.from({ length: LENGTH }, (_, at) => at);
  const outputs = await session.run({
    inputIds: Int32Array.from(tokens, (at) => at + 1),
    attentionMask: new Uint8Array(LENGTH).fill(1),
    positions: Int32Array.of(0, 1, 0, LENGTH - 1),
    batch: 1,
    length: LENGTH,
  });
  for (const [name, output] of Object.entries(outputs)) assertFinite(name, valuesOf(output, 0, tokens));
}
