import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FairOrder, type Flow, flowKey, PRIORITY_WEIGHTS, SHADOW_RANK } from './fair-order.js';

const flow = (priority: number, tenantId = 'a'): Flow => ({ priority, tenantId });

/** Serves flows that always have work, until `total` is used up; what each got. */
function serve(order: FairOrder, flows: Flow[], total: number, costOf: (flow: Flow) => number) {
  const got = new Map<string, number>();
  for (let used = 0; used < total; ) {
    const next = order.first(flows)!;
    const cost = costOf(next);
    order.serve(next, cost);
    got.set(flowKey(next), (got.get(flowKey(next)) ?? 0) + cost);
    used += cost;
  }
  return got;
}

describe('FairOrder', () => {
  it('gives priorities 16:4:1, however many tenants each has and however much a piece costs', () => {
    fc.assert(
      fc.property(
        fc.tuple(...PRIORITY_WEIGHTS.map(() => fc.integer({ min: 1, max: 5 }))),
        fc.tuple(...PRIORITY_WEIGHTS.map(() => fc.integer({ min: 1, max: 500 }))),
        (tenants, costs) => {
          const flows = tenants.flatMap((count, rank) =>
            Array.from({ length: count }, (_, i) => flow(rank, `t${i}`)),
          );
          const total = 420_000;
          const got = serve(new FairOrder(), flows, total, ({ priority }) => costs[priority]!);
          for (const [rank, weight] of PRIORITY_WEIGHTS.entries()) {
            for (let i = 0; i < tenants[rank]!; i++) {
              const fair = ((total / 21) * weight) / tenants[rank]!;
              const share = got.get(flowKey(flow(rank, `t${i}`))) ?? 0;
              // No longer off than by what single pieces cost, the virtual times of a level's neighbours included.
              expect(Math.abs(share - fair)).toBeLessThan(2 * Math.max(...costs) * weight + costs[rank]!);
            }
          }
        },
      ),
      { numRuns: 30 },
    );
  });

  it('serves tenants of one priority alike by cost, not by number', () => {
    const got = serve(new FairOrder(), [flow(1, 'many'), flow(1, 'big')], 100_000, ({ tenantId }) =>
      tenantId === 'big' ? 500 : 10,
    );
    expect(got.get('1/many')! / got.get('1/big')!).toBeCloseTo(1, 1);
  });

  it('serves whoever was not there next, and gives no credit for the silence', () => {
    const order = new FairOrder();
    serve(order, [flow(1, 'flood')], 1_000_000, () => 100);
    const both = [flow(1, 'flood'), flow(1, 'new')];
    expect(order.first(both)).toEqual(flow(1, 'new'));
    const got = serve(order, both, 10_000, () => 100);
    expect(got.get('1/new')! - got.get('1/flood')!).toBeLessThanOrEqual(200);
  });

  it('serves second runs where nothing else is, and charges nobody for them', () => {
    const order = new FairOrder();
    const second = flow(SHADOW_RANK, 'new');
    serve(order, [flow(2, 'a'), flow(1, 'a')], 5_000, () => 100);
    for (let i = 0; i < 50; i++) {
      const next = order.first([second, flow(2, 'a'), flow(1, 'a')])!;
      expect(next.priority).toBeLessThan(SHADOW_RANK);
      order.serve(next, 100);
      order.serve(second, 1_000);
    }
    expect(order.first([second])).toBe(second);
    const got = serve(order, [second, flow(2, 'a'), flow(1, 'a')], 10_000, () => 100);
    expect(got.get(flowKey(second))).toBeUndefined();
    expect(got.get('1/a')! / got.get('2/a')!).toBeCloseTo(4, 0);
  });

  it('names nobody where nobody is', () => {
    expect(new FairOrder().first([])).toBeNull();
  });

  it('forgets tenants that have gone', () => {
    const order = new FairOrder();
    for (let i = 0; i < 10_000; i++) {
      order.serve(flow(1, `gone${i}`), 10);
      order.serve(flow(1, 'stays'), 10);
    }
    expect(order.remembered).toBeLessThan(200);
  });
});
