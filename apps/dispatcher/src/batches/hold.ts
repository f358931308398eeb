import { type BatchFence, BatchLost, type Store } from '@heddle/store';
import type { Logger } from '@heddle/telemetry';

/** For how long a batch is taken: what one whose dispatcher was killed waits for another. */
export const LEASE_MS = 15_000;
/** Extended several times within its length, so that one lost statement does no harm. */
const EXTEND_MS = 4_000;

/** Holds a batch while work on it goes on. */
export class Hold {
  private error: Error | null = null;
  private readonly timer: NodeJS.Timeout;
  private extending: Promise<void> | null = null;

  constructor(
    private readonly store: Store,
    private readonly fence: BatchFence,
    private readonly logger: Logger,
  ) {
    this.timer = setInterval(() => {
      // One at a time: an older one must not come after the end.
      this.extending ??= this.extend().finally(() => {
        this.extending = null;
      });
    }, EXTEND_MS);
  }

  /** Throws when the work is to be given up. */
  check = (): void => {
    if (this.error) throw this.error;
  };

  giveUp(error: Error): void {
    this.error ??= error;
  }

  /** Ends it; the batch is taken again after `restMs`, by whoever comes first. */
  async end(restMs: number | null): Promise<void> {
    clearInterval(this.timer);
    await this.extending;
    if (restMs !== null) await this.store.batches.holdFor(this.fence, restMs);
  }

  private async extend(): Promise<void> {
    try {
      if (!(await this.store.batches.holdFor(this.fence, LEASE_MS))) this.giveUp(new BatchLost());
    } catch (error) {
      this.logger.warn({ error, batch: this.fence.id }, 'a batch could not be held');
    }
  }
}
