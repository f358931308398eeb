/** Who shares what a model version can do: the jobs of one tenant of one priority. */
export interface Flow {
  /** Rank of the priority, 0 high, 1 normal, 2 low, 3 second runs. */
  priority: number;
  tenantId: string;
}

/** Shares of the priorities by rank: weighted, never strict, so nothing starves. */
export const PRIORITY_WEIGHTS = [16, 4, 1] as const;

/** Rank of second runs of jobs, which nobody waits for: they have no share, and come after everything else. */
export const SHADOW_RANK = 3;

/** A flow as the key of a map. */
export function flowKey({ priority, tenantId }: Flow): string {
  return `${priority}/${tenantId}`;
}

/**
 * Who is served next: start-time fair queueing (Goyal, Vin, Cheng 1996) on two levels, priorities by their weight
 * and the tenants of a priority alike. Everybody has a virtual time that advances by cost ÷ weight, and who is
 * furthest behind goes first. Who was silent earns no credit for it. The times outlive a choice, so that shares
 * hold over many small ones.
 */
export class FairOrder {
  private readonly priorities = new VirtualTimes<number>();
  private readonly tenants = PRIORITY_WEIGHTS.map(() => new VirtualTimes<string>());

  /** The flow to serve first; among equals, the one given first. Second runs only where nothing else is. Changes nothing. */
  first<F extends Flow>(flows: Iterable<F>): F | null {
    let best: F | null = null;
    let second: F | null = null;
    let bestPriority = Number.POSITIVE_INFINITY;
    let bestTenant = Number.POSITIVE_INFINITY;
    for (const flow of flows) {
      if (flow.priority === SHADOW_RANK) {
        second ??= flow;
        continue;
      }
      const priority = this.priorities.startOf(flow.priority);
      if (priority > bestPriority) continue;
      const tenant = this.tenants[flow.priority]!.startOf(flow.tenantId);
      if (best && priority === bestPriority) {
        // Of two priorities whose turn it is the higher one goes first.
        if (flow.priority > best.priority) continue;
        if (flow.priority === best.priority && tenant >= bestTenant) continue;
      }
      best = flow;
      bestPriority = priority;
      bestTenant = tenant;
    }
    return best ?? second;
  }

  /** Charges the flow that was `first` and is served: the others' silence is measured from its start. */
  serve(flow: Flow, cost: number): void {
    if (flow.priority === SHADOW_RANK) return;
    this.priorities.serve(flow.priority, cost / PRIORITY_WEIGHTS[flow.priority]!);
    this.tenants[flow.priority]!.serve(flow.tenantId, cost);
  }

  /** Tenants of all priorities that are remembered: those that are ahead of others, and some more. */
  get remembered(): number {
    return this.tenants.reduce((sum, times) => sum + times.size, 0);
  }
}

/** Below this number nobody is looked for who could be forgotten. */
const MIN_REMEMBERED = 64;

/** When each of several sharers may start again, in virtual time. */
class VirtualTimes<Key> {
  /** Start of what was served last in turn. */
  private now = 0;
  private readonly finishes = new Map<Key, number>();
  private pruneAt = MIN_REMEMBERED;

  get size(): number {
    return this.finishes.size;
  }

  startOf(key: Key): number {
    return Math.max(this.now, this.finishes.get(key) ?? 0);
  }

  serve(key: Key, amount: number): void {
    this.now = this.startOf(key);
    this.finishes.set(key, this.now + amount);
    if (this.finishes.size > this.pruneAt) this.prune();
  }

  /** Whoever is not ahead of now is like one who was never seen. Doubling keeps the cost of a charge constant. */
  private prune(): void {
    for (const [key, finish] of this.finishes) if (finish <= this.now) this.finishes.delete(key);
    this.pruneAt = Math.max(MIN_REMEMBERED, 2 * this.finishes.size);
  }
}
