/**
 * Work of one turn of the event loop, in milliseconds: queue locks, leases and answers of other jobs wait for its end.
 * Little against the length of a forward pass.
 */
const SLICE_MS = 5;

const waiting: (() => void)[] = [];
let scheduled = false;
/** When this turn has had its share. */
let sliceEnd = 0;

/**
 * Begins a piece of work (a few milliseconds at most before its first pause) at once, unless this turn of the event
 * loop has had its share; then in one of the next, in the order of asking. A forward pass answers dozens of items at
 * the same time: decoded and followed by the next ones in one go, they would block everything else.
 */
export function inLoopTurn<T>(work: () => T | Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    waiting.push(() => {
      try {
        resolve(work());
      } catch (error) {
        reject(error);
      }
    });
    if (!scheduled) schedule();
    // Otherwise those before it have used up the turn, and it goes on after them in the next.
    if (waiting.length === 1) runSlice();
  });
}

function schedule(): void {
  scheduled = true;
  sliceEnd = performance.now() + SLICE_MS;
  setImmediate(() => {
    scheduled = false;
    if (waiting.length === 0) return;
    schedule();
    runSlice();
  });
}

function runSlice(): void {
  while (waiting.length > 0 && performance.now() < sliceEnd) waiting.shift()!();
}
