/** Bytes of large answers, as JSON, that one worker holds from before they are computed until they are stored. */
const MOST_BYTES = 256 * 1024 * 1024;

interface Waiting {
  job: Job;
  bytes: number;
  admit: () => void;
}

interface Job {
  tenantId: string;
  bytes: number;
}

/** What one job takes of the room. */
export interface JobRoom {
  /** Resolves when an answer of so many bytes may be in memory. Rejects with the reason of the job's abort. */
  take(bytes: number): Promise<void>;
  /** The job has ended, or goes back: gives back all that it took. */
  leave(): void;
}

/**
 * Room for answers that are large, such as attention: all together stay below a bound, and one tenant's below half of it. Others
 * wait, before they are computed. The job that has held some for the longest time is always given more, because it ends only then;
 * what one job takes is bounded where its items run.
 */
export class AnswerRoom {
  /** Those that hold some, the oldest first. */
  private readonly holders = new Set<Job>();
  /** In the order of asking. */
  private readonly waiting = new Set<Waiting>();
  /** Somebody waits for room that nobody behind may take from him. */
  private isClosed = false;
  private total = 0;
  private readonly ofTenant = new Map<string, number>();

  constructor(private readonly most = MOST_BYTES) {}

  enter(tenantId: string, signal: AbortSignal): JobRoom {
    const job: Job = { tenantId, bytes: 0 };
    return {
      take: async (bytes) => {
        signal.throwIfAborted();
        await this.wait(job, bytes, signal);
      },
      leave: () => {
        this.holders.delete(job);
        this.add(job, -job.bytes);
        this.admitWaiting();
      },
    };
  }

  private wait(job: Job, bytes: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const forget = () => {
        this.waiting.delete(entry);
        reject(signal.reason);
        // Whoever stood behind it may fit.
        if (this.isClosed) this.admitWaiting();
      };
      const entry: Waiting = {
        job,
        bytes,
        admit: () => {
          signal.removeEventListener('abort', forget);
          this.give(job, bytes);
          resolve();
        },
      };
      // What waits already has been looked at: one more changes nothing for it.
      if (this.admits(entry)) {
        entry.admit();
        return;
      }
      signal.addEventListener('abort', forget, { once: true });
      this.waiting.add(entry);
    });
  }

  private give(job: Job, bytes: number): void {
    this.holders.add(job);
    this.add(job, bytes);
  }

  private add(job: Job, bytes: number): void {
    job.bytes += bytes;
    this.total += bytes;
    const held = (this.ofTenant.get(job.tenantId) ?? 0) + bytes;
    if (held > 0) this.ofTenant.set(job.tenantId, held);
    else this.ofTenant.delete(job.tenantId);
  }

  /**
   * In the order of asking, but past those whose tenant holds its share; where one waits for all others, only the job that
   * they all wait for goes on.
   */
  private admitWaiting(): void {
    this.isClosed = false;
    for (const entry of this.waiting) {
      if (!this.admits(entry)) continue;
      this.waiting.delete(entry);
      entry.admit();
    }
  }

  /** Whether it is its turn, if nobody before it is; if not, it may be one that closes the room for those behind. */
  private admits({ job, bytes }: Waiting): boolean {
    if (this.isFirst(job)) return true;
    if (!this.hasShare(job, bytes)) return false;
    if (!this.isClosed && this.total + bytes <= this.most) return true;
    this.isClosed = true;
    return false;
  }

  /** Nobody holds anything, or this job has held some for the longest time. */
  private isFirst(job: Job): boolean {
    const [oldest] = this.holders;
    return !oldest || oldest === job;
  }

  private hasShare({ tenantId }: Job, bytes: number): boolean {
    const own = this.ofTenant.get(tenantId) ?? 0;
    return own === 0 || own + bytes <= this.most / 2;
  }
}
