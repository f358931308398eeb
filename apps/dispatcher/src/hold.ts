import { type Fence, type Leased, LeaseLost, type Store } from '@heddle/store';
import type { Logger } from '@heddle/telemetry';

/** For how long a batch or an evaluation is taken: what one whose dispatcher was killed waits for another. */
export const LEASE_MS = 15_000;
/** Extended several times within its length, so that one lost statement does no harm. */
const EXTEND_MS = 4_000;

/** Holds a batch or an evaluation while work on it goes on. */
export class Hold {
  private readonly lost = new AbortController();
  private readonly timer: NodeJS.Timeout;
  private extending: Promise<void> | null = null;
  private hasEnded = false;

  constructor(
    private readonly store: Pick<Store, Leased>,
    private readonly table: Leased,
    private readonly fence: Fence,
    private readonly logger: Logger,
  ) {
    this.timer = setInterval(() => this.look(), EXTEND_MS);
  }

  /** Aborted when the work is to be given up; its reason is thrown then. */
  get signal(): AbortSignal {
    return this.lost.signal;
  }

  /** Throws when the work is to be given up. */
  check = (): void => this.signal.throwIfAborted();

  giveUp(error: Error): void {
    this.lost.abort(error);
  }

  /** Looks now whether it is still held. */
  look(): void {
    // One at a time, and none any more at the end: it must not come after that.
    if (this.hasEnded) return;
    this.extending ??= this.extend().finally(() => {
      this.extending = null;
    });
  }

  /** Ends it; the row is taken again after `restMs`, by whoever comes first. */
  async end(restMs: number | null): Promise<void> {
    clearInterval(this.timer);
    this.hasEnded = true;
    await this.extending;
    if (restMs !== null) await this.store[this.table].holdFor(this.fence, restMs);
  }

  private async extend(): Promise<void> {
    try {
      if (!(await this.store[this.table].holdFor(this.fence, LEASE_MS)))
        this.giveUp(new LeaseLost(this.table));
    } catch (error) {
      this.logger.warn({ error, of: this.table, id: this.fence.id }, 'work could not be held');
    }
  }
}
