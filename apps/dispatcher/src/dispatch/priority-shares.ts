import type { Candidate } from '@heddle/store';

/** Shares of the window by priority rank (high, normal, low): weighted, never strict, so nothing starves. */
const WEIGHTS = [16, 4, 1] as const;

/**
 * Start-time fair queueing over the three priorities of one version (Goyal, Vin, Cheng 1996): every priority
 * has a virtual time that advances by cost ÷ weight, and the one that is furthest behind goes next. The times
 * outlive a call, so that shares hold over many small windows too.
 */
export class PriorityShares {
  private readonly virtualTimes = WEIGHTS.map(() => 0);
  private now = 0;

  /**
   * Chooses candidates (each priority in the order given) until `jobs` or `cost` is used up; at least one when
   * both are positive, however costly it is.
   */
  choose(candidates: Candidate[], room: { jobs: number; cost: number }): Candidate[] {
    const queues = WEIGHTS.map((_, rank) => candidates.filter((candidate) => candidate.priority === rank));
    const positions = queues.map(() => 0);
    const chosen: Candidate[] = [];
    let cost = 0;
    while (chosen.length < room.jobs && cost < room.cost) {
      const rank = this.next(queues, positions);
      if (rank === null) break;
      const candidate = queues[rank]![positions[rank]!++]!;
      // A priority that had nothing to send earns no credit for the time it was silent.
      const start = Math.max(this.now, this.virtualTimes[rank]!);
      this.now = start;
      this.virtualTimes[rank] = start + candidate.cost / WEIGHTS[rank]!;
      cost += candidate.cost;
      chosen.push(candidate);
    }
    return chosen;
  }

  private next(queues: Candidate[][], positions: number[]): number | null {
    let best: number | null = null;
    for (let rank = 0; rank < queues.length; rank++) {
      if (positions[rank]! >= queues[rank]!.length) continue;
      const start = Math.max(this.now, this.virtualTimes[rank]!);
      if (best === null || start < Math.max(this.now, this.virtualTimes[best]!)) best = rank;
    }
    return best;
  }
}
