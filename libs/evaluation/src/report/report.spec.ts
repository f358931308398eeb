import { evidenceFor } from '@heddle/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createAccumulator, type Prediction } from '../metrics/index.js';
import { reportOf } from './report.js';
import { worstExamples } from './worst.js';

const LABELS = ['a', 'b', 'c'];

const options = { task: 'text-classification', labels: LABELS } as const;

const example = fc
  .record({
    expected: fc.constantFrom(...LABELS),
    odds: fc.tuple(
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 9 }),
    ),
    level: fc.constantFrom('high', 'middle', undefined),
    group: fc.constantFrom('x', 'y', undefined),
  })
  .map(({ expected, odds, level, group }): Omit<Prediction, 'index'> => {
    const labels = LABELS.map((label, i) => ({ label, score: odds[i]! / (odds[0] + odds[1] + odds[2]) }));
    return {
      expected,
      predicted: { labels: labels.sort((a, b) => b.score - a.score) },
      ...(group && { group }),
      ...(level && { slice: { level } }),
    };
  });

const examples = fc
  .array(example, { minLength: 1, maxLength: 40 })
  .map((all): Prediction[] => all.map((one, index) => ({ ...one, index: index * 3 })));

const fill = (all: readonly Prediction[]) => {
  const accumulator = createAccumulator(options);
  for (const one of all) accumulator.add(one);
  return accumulator;
};

describe('a report', () => {
  it('is the same in whatever order the answers came, and however they were spread', async () => {
    const shuffled = examples.chain((all) =>
      fc.tuple(
        fc.constant(all),
        fc.shuffledSubarray(all, { minLength: all.length }),
        fc.integer({ min: 0, max: all.length }),
      ),
    );
    await fc.assert(
      fc.asyncProperty(shuffled, async ([all, other, split]) => {
        const report = await reportOf(fill(all), { seed: 5, resamples: 20 });
        expect(await reportOf(fill(other), { seed: 5, resamples: 20 })).toEqual(report);
        const merged = fill(other.slice(0, split));
        merged.merge(fill(other.slice(split)));
        expect(await reportOf(merged, { seed: 5, resamples: 20 })).toEqual(report);
      }),
      { numRuns: 50 },
    );
  });

  it('of a slice has the metrics that its examples alone have', async () => {
    await fc.assert(
      fc.asyncProperty(examples, async (all) => {
        const { slices } = await reportOf(fill(all), { seed: 1, resamples: 0 });
        for (const level of ['high', 'middle']) {
          const own = all.filter((one) => one.slice?.level === level);
          if (own.length === 0) {
            expect(slices.level?.[level]).toBeUndefined();
            continue;
          }
          const { items, metrics } = await reportOf(fill(own), { seed: 1, resamples: 0 });
          expect(slices.level?.[level]?.items).toBe(items);
          for (const [name, value] of Object.entries(slices.level![level]!.metrics)) {
            if (value === null) expect(metrics[name]).toBeNull();
            else expect(value).toBeCloseTo(metrics[name]!, 9);
          }
        }
      }),
      { numRuns: 50 },
    );
  });

  it('never holds NaN, and has intervals around what is defined', async () => {
    await fc.assert(
      fc.asyncProperty(examples, fc.nat(), async (all, seed) => {
        const report = await reportOf(fill(all), { seed, resamples: 50, baseline: fill(all) });
        // NaN would be null in JSON.
        expect(JSON.parse(JSON.stringify(report))).toEqual(report);
        for (const [name, [low, high]] of Object.entries(report.confidence)) {
          expect(report.metrics[name]).not.toBeNull();
          expect(low).toBeLessThanOrEqual(high);
        }
        expect(
          Object.values(report.difference_confidence!)
            .flat()
            .every((bound) => bound === 0),
        ).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  const two = (right: boolean[]) =>
    fill(
      right.map((isRight, index) => ({
        index,
        expected: 'a',
        predicted: {
          labels: [
            { label: isRight ? 'a' : 'b', score: 0.75 },
            { label: isRight ? 'b' : 'a', score: 0.25 },
          ],
        },
        slice: { level: index % 2 ? 'odd' : 'even' },
      })),
    );

  it('holds gates against the version, its slices and its baseline', async () => {
    const version = two([true, false, true, false, true, true]);
    const baseline = two([true, true, true, true, true, false]);
    const slice = { field: 'level', value: 'odd' };
    const report = await reportOf(version, {
      seed: 1,
      resamples: 100,
      baseline,
      gates: [
        { metric: 'accuracy', min: 0.6 },
        { metric: 'accuracy', slice, min: 0.5 },
        { metric: 'accuracy', slice: { ...slice, value: 'even' }, max_drop: 0 },
        { metric: 'mcc', min: 0 },
        { metric: 'accuracy', slice, max_drop: 0.5 },
      ],
    });
    expect(report.gates.map(({ passed }) => passed)).toEqual([true, false, true, false, false]);
    expect(report.gates[1]).toMatchObject({ required: 0.5, actual: 1 / 3, baseline: 2 / 3 });
    expect(report.gates[2]!.difference).toEqual([0, 0]);
    // One third less is within a half, but three examples do not show that it is not more.
    expect(report.gates[4]).toMatchObject({ actual: 1 / 3, baseline: 2 / 3, difference: [-1, 1] });
    expect(report.slices.level?.odd).toMatchObject({ baseline_metrics: { accuracy: 2 / 3 } });
    expect(report.gates[3]).toMatchObject({
      actual: null,
      reason: 'all examples have the same expected label',
    });
    expect(report.undefined_metrics).toEqual({ mcc: 'all examples have the same expected label' });
    expect(report.passed).toBe(false);
    expect(report.slices.level?.even).toMatchObject({ items: 3, metrics: { accuracy: 1 } });
    expect(report.worst).toEqual(
      [1, 3, 0, 2, 4, 5].map((index) => ({
        index,
        loss: -Math.log(index === 1 || index === 3 ? 0.25 : 0.75),
      })),
    );
  });

  it('judges a drop by the interval of the difference: what few examples do not show is not passed', async () => {
    // Both err in a tenth, of other examples: no difference.
    const made = (size: number, errs: number) =>
      two(Array.from({ length: size }, (_, index) => index % 10 !== errs));
    const judge = async (size: number) => {
      const gates = [{ metric: 'accuracy', max_drop: 0.03 }];
      const report = await reportOf(made(size, 0), { seed: 3, baseline: made(size, 5), gates });
      return report.gates[0]!;
    };
    const few = await judge(50);
    expect([few.actual, few.baseline, few.passed]).toEqual([0.9, 0.9, false]);
    expect(few.difference![0]).toBeLessThan(-0.03);
    expect(few.reason).toContain('the data do not show');
    const many = await judge(5000);
    expect(many.passed).toBe(true);
    // By the normal approximation: ± 1.96 √(0.2 / 5000).
    expect(many.difference![0]).toBeCloseTo(-0.0124, 2);
  });

  it('of an accumulator with failures says how many, and passes no gate unless so many may', async () => {
    const version = two([true, true, true, true]);
    version.fail(4);
    const gates = [{ metric: 'accuracy', min: 0.9 }];
    const report = await reportOf(version, { seed: 1, resamples: 0, gates });
    expect(report).toMatchObject({ items: 4, failed: 1, coverage: 0.8, passed: false });
    expect(report.gates).toMatchObject([{ actual: 1, reason: 'only 4 of 5 examples were answered' }]);
    const lenient = await reportOf(version, { seed: 1, resamples: 0, gates, minCoverage: 0.8 });
    expect(lenient.passed).toBe(true);
    await expect(reportOf(version, { seed: 1, minCoverage: 80 })).rejects.toThrow('from 0 to 1, not 80');
  });

  it('counts what did not fit among what was not answered', async () => {
    const gates = [{ metric: 'accuracy', min: 0.9 }];
    const judge = (size: number, invalid: number) =>
      reportOf(two(Array(size).fill(true)), { seed: 1, resamples: 0, gates, invalid });
    expect(await judge(99, 1)).toMatchObject({ coverage: 0.99, passed: true });
    const half = await judge(5, 5);
    expect(half).toMatchObject({ items: 5, failed: 0, coverage: 0.5, passed: false });
    expect(half.gates[0]!.reason).toBe('only 5 of 10 examples were answered: 5 do not fit the task');
  });

  it('compares what both answered: to fail at what is hard is no gain', async () => {
    // The baseline errs at the last three, where the version fails.
    const baseline = two([true, true, false, true, false, false, false]);
    const version = two([true, true, false, true]);
    for (const index of [4, 5, 6]) version.fail(index);
    const report = await reportOf(version, { seed: 1, resamples: 200, baseline });
    expect(report).toMatchObject({
      metrics: { accuracy: 3 / 4 },
      baseline_metrics: { accuracy: 3 / 7 },
      compared_items: 4,
      difference: { accuracy: 0 },
      difference_confidence: { accuracy: [0, 0] },
    });
    const turned = await reportOf(baseline, { seed: 1, resamples: 200, baseline: version });
    expect(turned).toMatchObject({ compared_items: 4, difference: { accuracy: 0 } });
  });

  it('judges a slice by its own failures, and a drop by what both answered', async () => {
    const all = 1_000;
    const make = (fails: (index: number) => boolean) => {
      const accumulator = createAccumulator(options);
      for (let index = 0; index < all; index++) {
        const slice = { lang: index < 10 ? 'zh' : 'en' };
        if (fails(index)) accumulator.fail(index, slice);
        else
          accumulator.add({ index, expected: 'a', predicted: { labels: [{ label: 'a', score: 1 }] }, slice });
      }
      return accumulator;
    };
    const slice = { field: 'lang', value: 'zh' };
    const gates = [
      { metric: 'accuracy', min: 0.9 },
      { metric: 'accuracy', slice, min: 0.9 },
    ];
    const hard = make((index) => index < 9);
    const report = await reportOf(hard, { seed: 1, resamples: 0, gates });
    expect(report.slices.lang!.zh).toMatchObject({ items: 1, failed: 9, metrics: { accuracy: 1 } });
    expect(report.gates.map(({ passed }) => passed)).toEqual([true, false]);
    expect(report.gates[1]!.reason).toBe('only 1 of 10 examples were answered');
    // What a promotion asks of the same findings later.
    expect(gates.map((gate) => evidenceFor(gate, report).incomplete)).toEqual([
      undefined,
      'only 1 of 10 examples were answered',
    ]);

    const drop = { metric: 'accuracy', max_drop: 0.1 };
    const baseline = make((index) => index % 2 === 0);
    const compared = await reportOf(
      make(() => false),
      { seed: 1, resamples: 100, gates: [drop], baseline },
    );
    expect(compared.gates[0]).toMatchObject({
      passed: false,
      reason: 'only 500 of 1000 examples were answered by both',
    });
    expect(evidenceFor(drop, compared).incomplete).toBe('only 500 of 1000 examples were answered by both');

    const there = { ...drop, slice };
    const halved = await reportOf(
      make(() => false),
      { seed: 1, resamples: 100, gates: [there], baseline: hard },
    );
    const reason = 'only 1 of 10 examples were answered by both';
    expect(halved).toMatchObject({ compared_items: 991, gates: [{ passed: false, reason }] });
    expect(evidenceFor(there, halved).incomplete).toBe(reason);
  });

  it('lets others have their turn, and is stopped by its signal', async () => {
    const slow = createAccumulator(options);
    for (let index = 0; index < 20_000; index++) {
      const labels = LABELS.map((label, i) => ({ label, score: [0.5, 0.3, 0.2][i]! }));
      const slice = { a: String(index % 100), b: String(index % 99) };
      slow.add({ index, expected: LABELS[index % 3]!, predicted: { labels }, slice });
    }
    let longest = 0;
    let last = performance.now();
    const timer = setInterval(() => {
      longest = Math.max(longest, performance.now() - last);
      last = performance.now();
    }, 1);
    const began = performance.now();
    await reportOf(slow, { seed: 1, resamples: 20 });
    clearInterval(timer);
    expect(longest).toBeLessThan(Math.max(150, (performance.now() - began) / 3));
    const signal = AbortSignal.timeout(30);
    await expect(reportOf(slow, { seed: 1, resamples: 100_000, signal })).rejects.toThrow('timeout');
  });

  it('of nothing has no numbers, and no gate is passed', async () => {
    const report = await reportOf(createAccumulator(options), {
      seed: 0,
      gates: [{ metric: 'accuracy', min: 0 }],
    });
    expect(report).toMatchObject({ items: 0, confidence: {}, passed: false, worst: [], slices: {} });
    expect(Object.values(report.metrics).every((value) => value === null)).toBe(true);
    expect((await reportOf(createAccumulator(options), { seed: 0 })).passed).toBe(false);
  });

  it('is refused for a baseline of other examples, a wrong seed or number of resamples', async () => {
    const version = two([true, false]);
    await expect(reportOf(version, { seed: 1, baseline: two([true]) })).rejects.toThrow(
      'The baseline was asked other examples',
    );
    const shifted = two([true, false]);
    const others = fill([
      {
        index: 0,
        expected: 'b',
        predicted: { labels: [{ label: 'a', score: 1 }] },
        slice: { level: 'even' },
      },
      { index: 1, expected: 'a', predicted: { labels: [{ label: 'a', score: 1 }] }, slice: { level: 'odd' } },
    ]);
    await expect(reportOf(shifted, { seed: 1, baseline: others })).rejects.toThrow(
      'The baseline expects the answers of other examples',
    );
    const other = createAccumulator({ ...options, metrics: ['accuracy'] });
    await expect(reportOf(version, { seed: 1, baseline: other })).rejects.toThrow(
      'The baseline is not measured by "macro_f1".',
    );
    await expect(reportOf(version, { seed: -1 })).rejects.toThrow(
      'seed is a whole number from 0 to 4294967295',
    );
    await expect(reportOf(version, { seed: 1, resamples: 1e6 })).rejects.toThrow(
      'resamples is a whole number',
    );
  });
});

describe('the worst examples', () => {
  it('are the hundred with the highest loss, as sorting has them', () => {
    const losses = fc.array(fc.oneof(fc.constantFrom(0, Number.NaN), fc.integer({ min: 0, max: 50 })), {
      maxLength: 300,
    });
    fc.assert(
      fc.property(losses, (all) => {
        const sorted = all
          .map((loss, i) => ({ index: i * 2, loss }))
          .filter(({ loss }) => loss > 0)
          .sort((a, b) => b.loss - a.loss);
        const indices = Float64Array.from(all.keys(), (i) => i * 2);
        expect(worstExamples(indices, Float64Array.from(all))).toEqual(sorted.slice(0, 100));
      }),
    );
  });
});
