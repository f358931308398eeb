import { type Flow, flowKey, PRIORITY_WEIGHTS } from '@heddle/contracts';
import type { WindowFlow } from '@heddle/store';

/** Of its share of the window: a flow that has less in it goes before those that wait. */
const LITTLE = 1 / 8;
/** Nobody goes before those that wait any more once one of them has waited so long: it is their turn. */
const MOST_WAITED_MS = 1_000;

/** How far the window of a version is filled. */
export interface WindowTarget {
  /** Estimated tokens of all jobs that were dispatched and have not ended. */
  cost: number;
  /** Estimated tokens, and number, of those among them that no worker has claimed. */
  waitingCost: number;
  waitingJobs: number;
}

/**
 * The dispatch window of a version while it is filled. Full means full for those who have their share of it already:
 * a flow with less than that may always add, so nobody waits until another's long job has ended. And one entry of
 * every flow may always wait in the queue, however long that is.
 */
export class Window {
  private readonly used = { cost: 0, waitingCost: 0, waitingJobs: 0 };
  private readonly own = new Map<string, { cost: number; waitingJobs: number }>();
  private readonly waitedMs: number;
  /** Tenants by priority that have jobs, in the window or behind it. */
  private readonly tenants = new Map<number, Set<string>>();

  constructor(
    private readonly target: WindowTarget,
    inWindow: WindowFlow[],
    candidates: Flow[],
  ) {
    this.waitedMs = Math.max(0, ...inWindow.map((flow) => flow.waitedMs));
    for (const flow of inWindow) {
      this.own.set(flowKey(flow), { cost: flow.cost, waitingJobs: flow.waitingJobs });
      this.used.cost += flow.cost;
      this.used.waitingCost += flow.waitingCost;
      this.used.waitingJobs += flow.waitingJobs;
    }
    for (const { priority, tenantId } of [...inWindow, ...candidates]) {
      const tenants = this.tenants.get(priority) ?? new Set();
      this.tenants.set(priority, tenants.add(tenantId));
    }
  }

  /** Whether workers have enough to take up. */
  get isQueueFull(): boolean {
    const { used, target } = this;
    return used.waitingCost >= target.waitingCost || used.waitingJobs >= target.waitingJobs;
  }

  /** Once false, false for good: adding never makes room. */
  admits(flow: Flow): boolean {
    const own = this.own.get(flowKey(flow)) ?? { cost: 0, waitingJobs: 0 };
    if (this.isQueueFull && own.waitingJobs > 0) return false;
    return this.used.cost < this.target.cost || own.cost < this.shareOf(flow);
  }

  /**
   * Whether a job that is about to be added goes before what waits for a worker: whoever wants little waits for the
   * forward passes under way, and not for all that others have in the queue.
   */
  letsAhead(flow: Flow): boolean {
    const cost = this.own.get(flowKey(flow))?.cost ?? 0;
    return this.waitedMs < MOST_WAITED_MS && cost < LITTLE * this.shareOf(flow);
  }

  add(job: Flow & { cost: number }): void {
    const own = this.own.get(flowKey(job)) ?? { cost: 0, waitingJobs: 0 };
    own.cost += job.cost;
    own.waitingJobs++;
    this.own.set(flowKey(job), own);
    this.used.cost += job.cost;
    this.used.waitingCost += job.cost;
    this.used.waitingJobs++;
  }

  /** Tokens of the window that are a flow's own when all that have jobs want as much as they can get. */
  private shareOf({ priority }: Flow): number {
    const weights = [...this.tenants.keys()].reduce((sum, rank) => sum + weightOf(rank), 0);
    return (this.target.cost * weightOf(priority)) / weights / this.tenants.get(priority)!.size;
  }
}

/** Second runs have no share. */
function weightOf(rank: number): number {
  return PRIORITY_WEIGHTS[rank] ?? 0;
}
