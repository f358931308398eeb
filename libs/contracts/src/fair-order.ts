/** Who shares what a model version can do: the jobs of one tenant of one priority. */
export interface Flow {
  /** Rank of the priority, 0 high, 1 normal, 2 low, 3 second runs. */
  priority: number;
  tenantId: string;
}

/**
 * Shares of the priorities by rank: weighted, never strict, so nothing starves. The last is that of second runs of jobs, which begin only
 * where nothing waits.
 */
export const PRIORITY_WEIGHTS = [16, 4, 1, 1 / 16] as const;

/** A flow as the key of a map. */
export function flowKey({ priority, tenantId }: Flow): string {
  return `${priority}/${tenantId}`;
}

/** Below this number of flows nobody is looked for who could be forgotten. */
const MIN_REMEMBERED = 64;

/**
 * Who is served next: start-time fair queueing (Goyal, Vin, Cheng 1996) of flows. A flow weighs what its priority does,
 * divided by the tenants who have work of that priority: so priorities have their shares, and the tenants of one share
 * alike. Everybody has a virtual time that advances by cost ÷ weight, and who is furthest behind goes first. Who was silent
 * earns no credit for it, but is served next, whatever others have of his priority. The times outlive a choice, so that
 * shares hold over many small ones.
 */
export class FairOrder {
  /** Virtual start of what was served last. */
  private now = 0;
  /** When a flow may start again, in virtual time. */
  private readonly finishes = new Map<string, number>();
  /** Tenants by rank of their priority, among the flows that were there to choose from last. */
  private tenants = PRIORITY_WEIGHTS.map(() => 1);
  private pruneAt = MIN_REMEMBERED;

  /** The flow to serve first; of equals the one of the highest priority, and then the one given first. */
  first<F extends Flow>(flows: Iterable<F>): F | null {
    const tenants = PRIORITY_WEIGHTS.map(() => 0);
    let best: F | null = null;
    for (const flow of flows) {
      tenants[flow.priority]!++;
      if (!best || this.compare(flow, best) < 0) best = flow;
    }
    this.tenants = tenants.map((count) => Math.max(1, count));
    return best;
  }

  /** Charges a flow for what it was served; `cost` in tokens. */
  serve(flow: Flow, cost: number): void {
    this.now = this.startOf(flow);
    const weight = PRIORITY_WEIGHTS[flow.priority]! / this.tenants[flow.priority]!;
    this.finishes.set(flowKey(flow), this.now + cost / weight);
    if (this.finishes.size > this.pruneAt) this.prune();
  }

  /** Flows that are remembered: those that are ahead of others, and some more. */
  get remembered(): number {
    return this.finishes.size;
  }

  /** Below 0 where `a` goes before `b`. Of two that may start now, whoever could have started before. */
  private compare(a: Flow, b: Flow): number {
    return (
      this.startOf(a) - this.startOf(b) || this.finishOf(a) - this.finishOf(b) || a.priority - b.priority
    );
  }

  private startOf(flow: Flow): number {
    return Math.max(this.now, this.finishOf(flow));
  }

  private finishOf(flow: Flow): number {
    return this.finishes.get(flowKey(flow)) ?? 0;
  }

  /** Whoever is not ahead of now is like one who was never seen. Doubling keeps the cost of a charge constant. */
  private prune(): void {
    for (const [key, finish] of this.finishes) if (finish <= this.now) this.finishes.delete(key);
    this.pruneAt = Math.max(MIN_REMEMBERED, 2 * this.finishes.size);
  }
}
