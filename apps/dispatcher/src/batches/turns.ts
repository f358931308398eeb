/** Milliseconds of work after which others get their turn: a job that somebody waits for is dispatched by the same process. */
const TURN_MS = 5;

/** Steps of batches that wait for their turn: however many there are, one works between two events of the process. */
const waiting: (() => void)[] = [];

function waitForTurn(): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve);
    if (waiting.length === 1) setImmediate(giveTurn);
  });
}

function giveTurn(): void {
  waiting.shift()!();
  if (waiting.length > 0) setImmediate(giveTurn);
}

/** Gives way when the work since the last time has taken long enough. */
export class Turns {
  private since = performance.now();

  /** Null where it is not time yet. */
  next(): Promise<void> | null {
    if (performance.now() - this.since < TURN_MS) return null;
    return waitForTurn().then(() => {
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
