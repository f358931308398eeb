import type { Candidate } from '@heddle/store';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PriorityShares } from './priority-shares.js';

const candidates = (count: number, priority: number, cost = 10): Candidate[] =>
  Array.from({ length: count }, (_, i) => ({ id: `${priority}-${i}`, epoch: 0, priority, cost }));

describe('PriorityShares', () => {
  it('gives 16:4:1 of the window when all priorities wait, over many small windows', () => {
    const shares = new PriorityShares();
    const queues = [candidates(3000, 0), candidates(3000, 1), candidates(3000, 2)];
    const taken = [0, 0, 0];
    for (let round = 0; round < 700; round++) {
      const chosen = shares.choose(
        queues.flatMap((queue, rank) => queue.slice(taken[rank]!)),
        { jobs: 3, cost: 1000 },
      );
      for (const job of chosen) taken[job.priority]!++;
    }
    expect(taken[0]! / taken[2]!).toBeGreaterThan(14);
    expect(taken[0]! / taken[2]!).toBeLessThan(18);
    expect(taken[1]! / taken[2]!).toBeGreaterThan(3.5);
    expect(taken[1]! / taken[2]!).toBeLessThan(4.5);
  });

  it('gives a lone priority the whole window', () => {
    expect(new PriorityShares().choose(candidates(50, 2), { jobs: 40, cost: 1000 })).toHaveLength(40);
  });

  it('gives no credit for silence', () => {
    const shares = new PriorityShares();
    shares.choose(candidates(1000, 0), { jobs: 1000, cost: 1e9 });
    const chosen = shares.choose([...candidates(100, 0), ...candidates(100, 2)], { jobs: 17, cost: 1e9 });
    expect(chosen.filter((job) => job.priority === 2).length).toBeLessThanOrEqual(2);
  });

  it('keeps order within a priority, respects the room, and always moves', () => {
    const candidate = fc.record({
      priority: fc.integer({ min: 0, max: 2 }),
      cost: fc.integer({ min: 1, max: 500 }),
    });
    fc.assert(
      fc.property(
        fc.array(candidate, { minLength: 1 }),
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 999 }),
        (list, jobs, cost) => {
          const all = list.map((item, i) => ({ ...item, id: String(i).padStart(6, '0'), epoch: 0 }));
          const chosen = new PriorityShares().choose(all, { jobs, cost });
          expect(chosen.length).toBeGreaterThan(0);
          expect(chosen.length).toBeLessThanOrEqual(jobs);
          const before = chosen.slice(0, -1).reduce((sum, job) => sum + job.cost, 0);
          expect(before).toBeLessThan(cost);
          for (const rank of [0, 1, 2]) {
            const ids = chosen.filter((job) => job.priority === rank).map((job) => job.id);
            expect(ids).toEqual([...ids].sort());
          }
        },
      ),
    );
  });
});
