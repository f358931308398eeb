import type { ClaimedBatch } from '@heddle/store';

/** Tenants that a lane remembers to have served. */
const MOST_SERVED = 1_000;

/**
 * What one dispatcher works on at a time, by state: steps that take long, of however many batches, keep no place from those of
 * batches that run.
 */
export class Lane {
  /** Places that are taken. */
  taken = 0;
  /** All were taken when a batch was looked for: there may be more of them. */
  wasFull = false;
  /** Tenants that have had a step, the last one last: others come first. */
  private served: string[] = [];

  constructor(
    readonly state: ClaimedBatch['state'],
    private readonly slots: number,
  ) {}

  isFull(): boolean {
    return this.taken >= this.slots;
  }

  get turn(): { states: ClaimedBatch['state'][]; served: string[] } {
    return { states: [this.state], served: this.served };
  }

  take({ tenantId }: ClaimedBatch): void {
    this.taken++;
    this.served = [...this.served.filter((id) => id !== tenantId), tenantId].slice(-MOST_SERVED);
  }
}

/** The lanes of a dispatcher. */
export function openLanes(): Lane[] {
  return [
    new Lane('running', 4),
    new Lane('canceling', 2),
    new Lane('validating', 2),
    new Lane('finalizing', 2),
  ];
}
