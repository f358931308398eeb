import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { servesModel } from './pools.js';
import {
  decideWorkers,
  type PoolLoad,
  type ScalingPolicy,
  type ScalingState,
  workersFor,
} from './scaling.js';

const POLICY: ScalingPolicy = {
  targetWaitS: 30,
  utilization: 0.8,
  holdS: 300,
  idleS: 600,
  minWorkers: 0,
  maxWorkers: 100,
};
const TICK_S = 5;
const load = (own: Partial<PoolLoad> = {}): PoolLoad => ({
  at: 0,
  queues: [],
  busy: 0,
  workers: 0,
  otherWork: false,
  ...own,
});
/** One version of 100 tokens a second. */
const queue = (tokens: number, tokensPerS: number | null = 100) => [{ id: 'v', tokens, tokensPerS }];

/** Decisions about loads that are a tick apart. */
function decisions(loads: Omit<PoolLoad, 'at'>[], policy = POLICY): ScalingState[] {
  const states: ScalingState[] = [];
  loads.forEach((each, i) => {
    states.push(decideWorkers(states.at(-1) ?? null, { ...each, at: i * TICK_S }, policy));
  });
  return states;
}

describe('decideWorkers', () => {
  it('has enough for what is open within the target, and for what arrives', () => {
    // 9,000 tokens are 90 s of one worker.
    expect(decideWorkers(null, load({ queues: queue(9_000) }), POLICY).desired).toBe(3);
    // Two workers' time is used, at 80 % that is 2.5.
    expect(decideWorkers(null, load({ queues: queue(1), busy: 2 }), POLICY).desired).toBe(3);
    expect(decideWorkers(null, load({ queues: queue(9_000), busy: 2 }), POLICY).desired).toBe(6);
    expect(decideWorkers(null, load({ queues: queue(1e9) }), POLICY).desired).toBe(100);
  });

  it('takes what is worked off for no arrival', () => {
    // Ten workers do 50 s of work in five seconds, and nothing comes.
    const states = decisions(
      Array.from({ length: 7 }, (_, i) => ({ ...load(), queues: queue(30_000 - i * 5_000), busy: 10 })),
    );
    expect(states.map(({ desired }) => desired)).toEqual([23, 21, 19, 17, 15, 13, 12].map(() => 23));
    expect(states.at(-1)!.arriving).toBeLessThan(4);
  });

  it('knows speeds after the workers have gone, and starts one where none was ever known', () => {
    const known = decideWorkers(null, load({ queues: queue(0), workers: 1 }), POLICY);
    expect(known.speeds).toEqual({ v: 100 });
    const later = load({ at: 5, queues: queue(9_000, null) });
    expect(decideWorkers(known, later, POLICY).desired).toBeGreaterThanOrEqual(3);
    expect(decideWorkers(null, later, POLICY).desired).toBe(1);
    expect(decideWorkers(null, load({ otherWork: true }), POLICY).desired).toBe(1);
  });

  it('does not take a new measurement for an arrival', () => {
    const [first, second] = decisions([
      { ...load(), queues: queue(3_000, 100) },
      { ...load(), queues: queue(3_000, 50) },
    ]);
    expect([first!.work, second!.work]).toEqual([30, 60]);
    expect(second!.arriving).toBe(0);
  });

  it('reaches zero when it has been idle for long enough, and comes back at once', () => {
    const quiet = Array.from({ length: 121 }, () => ({ ...load(), queues: queue(0) }));
    const states = decisions([
      { ...load(), queues: queue(90_000) },
      ...quiet,
      { ...load(), queues: queue(50) },
    ]);
    expect(states[0]!.desired).toBe(30);
    expect(states.slice(1, 120).every(({ desired }) => desired >= 1)).toBe(true);
    expect(states.slice(-2).map(({ desired }) => desired)).toEqual([0, 1]);
    const never = decisions([{ ...load() }, { ...load() }]);
    expect(never.map(({ desired }) => desired)).toEqual([0, 0]);
    const least = { ...POLICY, minWorkers: 2 };
    expect(decisions([{ ...load() }, { ...load() }], least).map(({ desired }) => desired)).toEqual([2, 2]);
  });

  const anyPolicy = fc
    .record({
      targetWaitS: fc.integer({ min: 1, max: 300 }),
      utilization: fc.double({ min: 0.1, max: 1, noNaN: true }),
      holdS: fc.integer({ min: 0, max: 120 }),
      idleS: fc.integer({ min: 0, max: 120 }),
      minWorkers: fc.integer({ min: 0, max: 3 }),
      more: fc.integer({ min: 0, max: 60 }),
    })
    .map(({ more, ...policy }) => ({ ...policy, maxWorkers: Math.max(1, policy.minWorkers + more) }));
  const anyLoads = fc.array(
    fc.record({
      queues: fc.tuple(
        fc.record({
          id: fc.constant('a'),
          tokens: fc.oneof(fc.constant(0), fc.nat(200_000)),
          tokensPerS: fc.oneof(fc.constant(null), fc.integer({ min: 1, max: 5_000 })),
        }),
        fc.record({
          id: fc.constant('b'),
          tokens: fc.oneof(fc.constant(0), fc.nat(2_000)),
          tokensPerS: fc.integer({ min: 1, max: 100 }),
        }),
      ),
      busy: fc.double({ min: 0, max: 20, noNaN: true }),
      workers: fc.nat(20),
      otherWork: fc.boolean(),
    }),
    { minLength: 1, maxLength: 80 },
  );

  it('is never below what the target needs, nor out of its bounds, whatever comes', () => {
    fc.assert(
      fc.property(anyLoads, anyPolicy, (loads, policy) => {
        decisions(loads, policy).forEach(({ desired, work, arriving }, i) => {
          const { otherWork, queues } = loads[i]!;
          const isOpen = otherWork || queues.some(({ tokens }) => tokens > 0);
          const enough = Math.max(1, Math.ceil(work / policy.targetWaitS), Math.ceil(arriving));
          if (isOpen) expect(desired).toBeGreaterThanOrEqual(Math.min(policy.maxWorkers, enough));
          expect(desired).toBeGreaterThanOrEqual(policy.minWorkers);
          expect(desired).toBeLessThanOrEqual(policy.maxWorkers);
        });
      }),
    );
  });

  it('falls only when nothing has risen or fallen within the hold, unless it is idle, whatever comes', () => {
    fc.assert(
      fc.property(anyLoads, anyPolicy, (loads, policy) => {
        const states = decisions(loads, policy);
        let changedAt = Number.NEGATIVE_INFINITY;
        states.forEach(({ desired, at, openAt }, i) => {
          const before = states[i - 1]?.desired ?? desired;
          if (desired < before && at - openAt < policy.idleS)
            expect(at - changedAt).toBeGreaterThanOrEqual(policy.holdS);
          if (desired !== before) changedAt = at;
        });
      }),
    );
  });

  it('settles at the least number without work, whatever came before', () => {
    fc.assert(
      fc.property(anyLoads, anyPolicy, (loads, policy) => {
        const ticks = Math.ceil(policy.idleS / TICK_S) + 1;
        const quiet = Array.from({ length: ticks }, () => ({ ...load(), busy: 3 }));
        expect(decisions([...loads, ...quiet], policy).at(-1)!.desired).toBe(policy.minWorkers);
      }),
    );
  });
});

it('workersFor is what one queue needs by itself', () => {
  const of = (queuedTokens: number, own = {}, minWorkers = 0) =>
    workersFor(
      { queuedTokens, running: 0, tokensPerS: 200, measuredWorkers: 2, ...own },
      { targetWaitS: 30, minWorkers },
    );
  expect([of(0), of(0, {}, 3), of(0, { running: 1 })]).toEqual([0, 1, 1]);
  expect([of(1), of(3_000), of(3_001), of(9_000)]).toEqual([1, 1, 2, 3]);
  expect(of(1e6, { tokensPerS: 0, measuredWorkers: 0 })).toBe(1);
});

it('servesModel goes by names, and null is all', () => {
  expect(servesModel(null, 'topic')).toBe(true);
  expect(servesModel(['nli', 'topic'], 'topic')).toBe(true);
  expect(servesModel(['nli'], 'topic')).toBe(false);
  expect(servesModel([], 'topic')).toBe(false);
});
