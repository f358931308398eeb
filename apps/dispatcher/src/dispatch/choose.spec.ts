import { FairOrder, flowKey } from '@heddle/contracts';
import type { Candidate, WindowFlow } from '@heddle/store';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { choose } from './choose.js';
import { Window, type WindowTarget } from './window.js';

const TARGET: WindowTarget = { cost: 1000, waitingCost: 200, waitingJobs: 500 };
const WIDE: WindowTarget = { cost: 1e9, waitingCost: 1e9, waitingJobs: 1e9 };
const LIMIT = 1_000_000;

const candidates = (count: number, priority: number, tenantId = 'a', cost = 10): Candidate[] =>
  Array.from({ length: count }, (_, i) => ({
    id: `${priority}-${tenantId}-${String(i).padStart(6, '0')}`,
    epoch: 0,
    priority,
    tenantId,
    cost,
  }));
const inWindow = (priority: number, tenantId: string, cost: number, waiting = false): WindowFlow => ({
  priority,
  tenantId,
  jobs: 1,
  cost,
  waitingJobs: waiting ? 1 : 0,
  waitingCost: waiting ? cost : 0,
  waitedMs: 0,
});
function chooseFrom(
  list: Candidate[],
  { flows = [] as WindowFlow[], target = TARGET, limit = LIMIT, order = new FairOrder() } = {},
): Candidate[] {
  return choose(list, new Window(target, flows, list), order, limit);
}
const costOf = (jobs: Candidate[]) => jobs.reduce((sum, job) => sum + job.cost, 0);

describe('choose', () => {
  it('gives priorities 16:4:1 of many small windows, and tenants of one priority the same', () => {
    const order = new FairOrder();
    const queues = [
      candidates(4000, 0),
      candidates(4000, 1, 'a', 10),
      candidates(4000, 1, 'b', 40),
      candidates(4000, 2),
    ];
    const taken = [0, 0, 0, 0];
    for (let round = 0; round < 700; round++) {
      const list = queues.flatMap((queue, i) => queue.slice(taken[i]!, taken[i]! + 10));
      for (const job of chooseFrom(list, { order, target: WIDE, limit: 3 })) {
        taken[queues.findIndex((queue) => flowKey(queue[0]!) === flowKey(job))]!++;
      }
    }
    const [high, a, b, low] = taken.map((count, i) => count * queues[i]![0]!.cost) as [
      number,
      number,
      number,
      number,
    ];
    expect(high / low).toBeGreaterThan(14);
    expect(high / low).toBeLessThan(18);
    expect((a + b) / low).toBeGreaterThan(3.5);
    expect((a + b) / low).toBeLessThan(4.5);
    expect(a / b).toBeGreaterThan(0.8);
    expect(a / b).toBeLessThan(1.25);
  });

  it('fills the queue for a flow that is alone, and no further', () => {
    expect(costOf(chooseFrom(candidates(500, 2)))).toBe(TARGET.waitingCost);
    const held = [inWindow(2, 'a', TARGET.cost - 15)];
    expect(chooseFrom(candidates(500, 2), { flows: held })).toHaveLength(2);
    expect(chooseFrom(candidates(500, 2), { flows: [inWindow(2, 'a', TARGET.cost)] })).toEqual([]);
  });

  it('lets in whoever has nothing in the window, however much of it a long job takes', () => {
    const flows = [inWindow(1, 'a', 1_000_000)];
    const list = [
      ...candidates(5, 1, 'a'),
      ...candidates(5, 0, 'a'),
      ...candidates(1, 1, 'b', 5000),
      ...candidates(5, 2, 'c', 300),
    ];
    const chosen = chooseFrom(list, { flows });
    expect(new Set(chosen.map(flowKey))).toEqual(new Set(['0/a', '1/b', '2/c']));
  });

  it('gives a flow beside a long job its share of the window, not one job at a time', () => {
    const flows = [inWindow(1, 'a', 1_000_000)];
    const target = { ...WIDE, cost: TARGET.cost };
    expect(costOf(chooseFrom(candidates(500, 1, 'b'), { flows, target }))).toBe(TARGET.cost / 2);
    expect(costOf(chooseFrom(candidates(500, 0, 'b'), { flows, target }))).toBe((TARGET.cost * 16) / 20);
  });

  it('lets one entry of every flow wait in a full queue', () => {
    const flows = [inWindow(1, 'a', 400, true)];
    const list = [...candidates(5, 1, 'a'), ...candidates(5, 1, 'b'), ...candidates(5, 1, 'c')];
    expect(chooseFrom(list, { flows }).map((job) => job.id)).toEqual(['1-b-000000', '1-c-000000']);
  });

  it('keeps order within a flow, and what it takes beyond a window is one job of each flow', () => {
    const candidate = fc.record({
      priority: fc.integer({ min: 0, max: 2 }),
      tenantId: fc.constantFrom('a', 'b', 'c'),
      cost: fc.integer({ min: 1, max: 500 }),
    });
    fc.assert(
      fc.property(
        fc.array(candidate, { minLength: 1 }),
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 999 }),
        fc.integer({ min: 1, max: 999 }),
        (list, limit, cost, waitingCost) => {
          const all = list.map((item, i) => ({ ...item, id: String(i).padStart(6, '0'), epoch: 0 }));
          const target = { cost, waitingCost, waitingJobs: 100 };
          const chosen = chooseFrom(all, { target, limit });
          expect(chosen.length).toBeGreaterThan(0);
          expect(chosen.length).toBeLessThanOrEqual(limit);
          const flows = [...new Set(all.map(flowKey))];
          const of = (key: string, jobs: Candidate[]) => jobs.filter((job) => flowKey(job) === key);
          for (const key of flows) {
            const ids = of(key, chosen).map((job) => job.id);
            expect(ids).toEqual(
              of(key, all)
                .slice(0, ids.length)
                .map((job) => job.id),
            );
            if (limit >= all.length) expect(ids.length).toBeGreaterThan(0);
          }
          const firstOfEach = flows.reduce((sum, key) => sum + (of(key, chosen)[0]?.cost ?? 0), 0);
          const largest = Math.max(...all.map((job) => job.cost));
          expect(costOf(chosen) - firstOfEach).toBeLessThan(waitingCost + largest);
        },
      ),
    );
  });

  it('lets a flow go ahead that has little of its share, until one that waits has waited too long', () => {
    const flooding = { ...inWindow(1, 'a', 1_900, true), waitedMs: 999 };
    const target = { cost: 2_000, waitingCost: 5_000, waitingJobs: 500 };
    const list = [...candidates(3, 1, 'a'), ...candidates(20, 1, 'b')];
    const ahead = (flows: WindowFlow[]) =>
      chooseFrom(list, { flows, target })
        .filter((job) => job.goesAhead)
        .map((job) => job.id);
    // Shares of 1,000 each, of which an eighth: 13 jobs of 10.
    expect(ahead([flooding])).toEqual(candidates(13, 1, 'b').map((job) => job.id));
    expect(ahead([{ ...flooding, waitedMs: 1_000 }])).toEqual([]);
  });

  it('gives no credit for silence', () => {
    const order = new FairOrder();
    chooseFrom(candidates(1000, 0), { order, target: WIDE });
    const both = [...candidates(100, 0), ...candidates(100, 2)];
    const chosen = chooseFrom(both, { order, target: WIDE, limit: 17 });
    expect(chosen.filter((job) => job.priority === 2).length).toBeLessThanOrEqual(2);
  });
});
