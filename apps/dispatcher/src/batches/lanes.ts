import type { ClaimedBatch, Turn } from '@heddle/store';

/** Tenants that a lane remembers to have served. */
const MOST_SERVED = 1_000;

/**
 * What one dispatcher works on at a time, by state: steps that take long, of however many batches, keep no place from those of
 * batches that run.
 */
export class Lane {
  /** There was no place, of all or of some tenant, when a batch was looked for: there may be more of them. */
  wasFull = false;
  /** Places that are taken, by tenant. */
  private readonly taken = new Map<string, number>();
  /** Tenants that have had a step, the last one last: others come first. */
  private served: string[] = [];

  constructor(
    readonly state: ClaimedBatch['state'],
    private readonly slots: number,
  ) {}

  isFull(): boolean {
    return [...this.taken.values()].reduce((sum, count) => sum + count, 0) >= this.slots;
  }

  /** One place is never a tenant's that has all others. */
  get turn(): Required<Turn> {
    const full = [...this.taken].filter(([, count]) => count >= this.slots - 1).map(([tenantId]) => tenantId);
    return { states: [this.state], served: this.served, full };
  }

  take({ tenantId }: ClaimedBatch): void {
    this.taken.set(tenantId, (this.taken.get(tenantId) ?? 0) + 1);
    this.served = [...this.served.filter((id) => id !== tenantId), tenantId].slice(-MOST_SERVED);
  }

  free({ tenantId }: ClaimedBatch): void {
    const left = this.taken.get(tenantId)! - 1;
    if (left > 0) this.taken.set(tenantId, left);
    else this.taken.delete(tenantId);
  }
}

/** The lanes of a dispatcher. */
export function openLanes(): Lane[] {
  return [
    new Lane('running', 5),
    new Lane('canceling', 3),
    new Lane('validating', 3),
    new Lane('finalizing', 3),
  ];
}
