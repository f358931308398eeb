import { setTimeout as sleep } from 'node:timers/promises';
import { HeddleError } from '@heddle/contracts';

/** Pauses between tries grow from the first to the last; a lease that lapsed meanwhile is soon somebody else's. */
const FIRST_PAUSE_MS = 500;
const LAST_PAUSE_MS = { database: 500, 'artefact store': 30_000 };
/** While something is away it is told at once, and then this often. */
const REPORT_MS = 60_000;

interface PatienceOptions {
  /** When it is aborted nobody waits any more. */
  signal: AbortSignal;
  /** Longest wait for one thing that stays away. */
  maxMs: number;
  report: (error: HeddleError, what: Needed) => void;
  firstPauseMs?: number;
}

type Needed = keyof typeof LAST_PAUSE_MS;

/** Waits for what an import needs when that is away or refuses this process: it must not cost the work. */
export class Patience {
  constructor(private readonly options: PatienceOptions) {}

  /**
   * Repeats `work` while it is `overloaded`. Errors: the signal's reason; those of `work`; after the longest wait
   * `artifacts-unavailable`, or `overloaded` of a database.
   */
  async until<T>(what: Needed, work: () => Promise<T>): Promise<T> {
    const { signal, maxMs, report, firstPauseMs = FIRST_PAUSE_MS } = this.options;
    let since: number | undefined;
    let reported = Number.NEGATIVE_INFINITY;
    for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(2 * pauseMs, LAST_PAUSE_MS[what])) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof HeddleError && error.code === 'overloaded')) throw error;
        signal.throwIfAborted();
        const now = performance.now();
        since ??= now;
        if (now - reported >= REPORT_MS) {
          report(error, what);
          reported = now;
        }
        const leftMs = since + maxMs - now;
        if (leftMs <= 0) throw what === 'database' ? error : unavailable(maxMs, error);
        await sleep(Math.min(pauseMs, leftMs), undefined, { signal }).catch(() => signal.throwIfAborted());
      }
    }
  }
}

function unavailable(maxMs: number, cause: HeddleError): HeddleError {
  const minutes = (maxMs / 60_000).toFixed(1);
  const detail = `The artefact store could not be used for ${minutes} minutes.`;
  return new HeddleError('artifacts-unavailable', detail, { cause });
}
