import type { ImportProgress } from '@heddle/contracts';
import type { ImportFence } from '@heddle/store';
import type { Resources } from '../resources.js';

/** Progress is written at most this often; a new stage at once. */
const WRITE_MS = 1_000;
/** Leases are extended three times within their length, so that one lost statement does no harm. */
const EXTENSIONS_PER_LEASE = 3;

/** Why an import is given up: canceled or taken by another worker, or this worker is ending. */
export type GiveUpReason = 'lost' | 'drained';

/** Holds the lease of one import, and shows its progress with the same statement. */
export class ImportLease {
  readonly abort = new AbortController();
  private progress: ImportProgress = { stage: 'importing', percent: 0 };
  private written: ImportProgress = this.progress;
  private lastWrite = performance.now();
  private writing: Promise<void> = Promise.resolve();
  private readonly timer: NodeJS.Timeout;

  constructor(
    private readonly resources: Resources,
    readonly fence: ImportFence,
  ) {
    this.timer = setInterval(() => this.tick(), WRITE_MS);
  }

  show(progress: ImportProgress): void {
    this.progress = progress;
    if (progress.stage !== this.written.stage) this.write();
  }

  giveUp(reason: GiveUpReason): void {
    this.abort.abort(reason);
  }

  /** Resolves when nothing is written any more. */
  async end(): Promise<void> {
    clearInterval(this.timer);
    await this.writing;
  }

  private tick(): void {
    const { config } = this.resources;
    const due = performance.now() - this.lastWrite > config.env.HEDDLE_LEASE_MS / EXTENSIONS_PER_LEASE;
    if (due || this.progress.percent !== this.written.percent) this.write();
  }

  /** One write after another, so that a later state is never overwritten by an earlier one. */
  private write(): void {
    const { store, config, logger } = this.resources;
    const progress = this.progress;
    this.written = progress;
    this.lastWrite = performance.now();
    this.writing = this.writing.then(async () => {
      if (this.abort.signal.aborted) return;
      try {
        const held = await store.versions.keepImport(this.fence, progress, config.env.HEDDLE_LEASE_MS);
        if (!held) this.giveUp('lost');
      } catch (error) {
        logger.warn({ error, version: this.fence.id }, 'import lease could not be extended');
      }
    });
  }
}
