/** Milliseconds of the newest progress that the time left is estimated from. */
const RATE_MS = 60_000;
/** Pause between two lines where no terminal shows one that changes. */
const LINE_MS = 10_000;
const BAR_CHARS = 24;

/** How far some work is: `total` is 0 until it is known, `done` includes what has failed. */
export interface WorkState {
  status: string;
  total: number;
  done: number;
  failed: number;
}

/** How far work on a server is, on standard error: a bar that grows on a terminal, a line now and then elsewhere. */
export class WorkProgress {
  private readonly seen: { at: number; done: number }[] = [];
  private shownAt = Number.NEGATIVE_INFINITY;
  private last = '';
  private open = false;

  /** `unit`: what is counted, in the plural. */
  constructor(
    private readonly unit: string,
    private readonly write: (text: string) => unknown = (text) => process.stderr.write(text),
    private readonly isTerminal = process.stderr.isTTY === true,
  ) {}

  /** `now`: milliseconds of a clock that never goes back. */
  show(state: WorkState, now = performance.now()): void {
    const { status, total, done } = state;
    this.seen.push({ at: now, done });
    while (this.seen.length > 2 && now - this.seen[1]!.at > RATE_MS) this.seen.shift();
    const line = total === 0 ? status : this.describe(state, this.leftS(total - done));
    const text = this.isTerminal && total > 0 ? `${bar(done / total)} ${line}` : line;
    const stateChanged = !this.last.includes(status);
    if (text === this.last || (!this.isTerminal && !stateChanged && now - this.shownAt < LINE_MS)) return;
    this.last = text;
    this.shownAt = now;
    this.open = this.isTerminal;
    // Clears what is left of a longer line before.
    this.write(this.isTerminal ? `\r${text}\u001b[K` : `${text}\n`);
  }

  end(): void {
    if (this.open) this.write('\n');
    this.open = false;
  }

  private describe({ status, total, done, failed }: WorkState, leftS: number | null): string {
    const failures = failed > 0 ? `, ${failed} failed` : '';
    const left = status === 'running' && leftS !== null ? `, about ${duration(leftS)} left` : '';
    return `${status}: ${done} of ${total} ${this.unit}${failures}${left}`;
  }

  /** Seconds until so many more are done as well; null while nothing is known. */
  private leftS(rest: number): number | null {
    const [first, last] = [this.seen[0]!, this.seen.at(-1)!];
    const rate = (last.done - first.done) / (last.at - first.at);
    return rate > 0 ? rest / rate / 1000 : null;
  }
}

function bar(share: number): string {
  const full = Math.floor(share * BAR_CHARS);
  const percent = Math.floor(share * 100);
  return `[${'#'.repeat(full)}${'.'.repeat(BAR_CHARS - full)}] ${String(percent).padStart(3)} %`;
}

/** `40 s`, `12 min`, `3 h 20 min`. */
function duration(seconds: number): string {
  if (seconds < 100) return `${Math.ceil(seconds)} s`;
  const minutes = Math.ceil(seconds / 60);
  return minutes < 100 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
