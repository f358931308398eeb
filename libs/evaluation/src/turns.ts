import { setImmediate } from 'node:timers/promises';

/** Milliseconds of computing after which others have their turn. */
const TURN_MS = 20;

/** A function to call between pieces of computing, which lets others have their turn. It throws the signal's reason. */
export function turns(signal?: AbortSignal): () => Promise<void> | undefined {
  let turn = performance.now();
  const pass = async () => {
    await setImmediate();
    signal?.throwIfAborted();
    turn = performance.now();
  };
  return () => (performance.now() - turn < TURN_MS ? undefined : pass());
}
