import { setImmediate } from 'node:timers/promises';

/** Milliseconds of work after which others get their turn: a job that somebody waits for is dispatched by the same process. */
const TURN_MS = 5;

/** Gives way when the work since the last time has taken long enough. */
export class Turns {
  private since = performance.now();

  /** Null where it is not time yet. */
  next(): Promise<void> | null {
    if (performance.now() - this.since < TURN_MS) return null;
    return setImmediate().then(() => {
      this.since = performance.now();
    });
  }
}

/** The same chunks; `check` is called with each, and throws when the work is to be given up. */
export async function* checked(
  chunks: AsyncIterable<Buffer>,
  check: (chunk: Buffer) => void,
): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    check(chunk);
    yield chunk;
  }
}
