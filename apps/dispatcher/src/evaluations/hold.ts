import { type EvaluationFence, EvaluationLost, type Store } from '@heddle/store';
import type { Logger } from '@heddle/telemetry';

/** For how long an evaluation is taken: what one whose dispatcher was killed waits for another. */
export const LEASE_MS = 15_000;
/** Extended several times within its length, so that one lost statement does no harm. */
const EXTEND_MS = 4_000;

/** Holds an evaluation while work on it goes on. */
export class Hold {
  private readonly lost = new AbortController();
  private readonly timer: NodeJS.Timeout;
  private extending: Promise<void> | null = null;

  constructor(
    private readonly store: Store,
    private readonly fence: EvaluationFence,
    private readonly logger: Logger,
  ) {
    this.timer = setInterval(() => {
      // One at a time: an older one must not come after the end.
      this.extending ??= this.extend().finally(() => {
        this.extending = null;
      });
    }, EXTEND_MS);
  }

  /** Aborted when the work is to be given up; its reason is thrown then. */
  get signal(): AbortSignal {
    return this.lost.signal;
  }

  giveUp(error: Error): void {
    this.lost.abort(error);
  }

  /** Ends it; the evaluation is taken again after `restMs`, by whoever comes first. */
  async end(restMs: number | null): Promise<void> {
    clearInterval(this.timer);
    await this.extending;
    if (restMs !== null) await this.store.evaluations.holdFor(this.fence, restMs);
  }

  private async extend(): Promise<void> {
    try {
      if (!(await this.store.evaluations.holdFor(this.fence, LEASE_MS))) this.giveUp(new EvaluationLost());
    } catch (error) {
      this.logger.warn({ error, evaluation: this.fence.id }, 'an evaluation could not be held');
    }
  }
}
