import { writeFile } from 'node:fs/promises';
import { setPriority } from 'node:os';
import { type ErrorCode, HeddleError } from '@heddle/contracts';

/** Niceness: whoever dispatches or answers has the core first. */
const NICENESS = 10;

/** What came of a request; `fault`: what is no error for users. */
export type Answer<Value> = { value: Value } | { code: ErrorCode; message: string } | { fault: string };

/** Answers the requests of the dispatcher that started this process, one after the other, and ends with it. */
export function serve<Request, Value>(answer: (request: Request) => Promise<Value>): void {
  // Where memory runs out this process is lost, not its parent. A system that has no such file chooses by itself.
  writeFile('/proc/self/oom_score_adj', '1000').catch(() => undefined);
  setPriority(NICENESS);
  // Ctrl-C reaches the whole group; the dispatcher ends what it has started.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined);
  process.once('disconnect', () => process.exit());
  process.on('message', (request) => {
    void answer(request as Request)
      .then((value): Answer<Value> => ({ value }), failed)
      .then((found) => process.send!(found));
  });
}

function failed(error: unknown): Exclude<Answer<never>, { value: never }> {
  if (error instanceof HeddleError) return { code: error.code, message: error.message };
  return { fault: error instanceof Error ? (error.stack ?? error.message) : String(error) };
}
