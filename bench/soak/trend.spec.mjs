import { expect, it } from 'vitest';
import { trendOf } from './trend.mjs';

const MIB_PER_HOUR = 12;
/** Six samples a minute for half an hour; `value` takes the hours since the first. */
function samplesOf(value) {
  return Array.from({ length: 180 }, (_, i) => ({ at: 5_000 + i * 10_000, value: value(i / 360, i) }));
}

it('finds a slope, and is not turned by single peaks', () => {
  const clean = trendOf(samplesOf((hours) => 200 + MIB_PER_HOUR * hours));
  expect(clean.theil_sen).toEqual({ per_hour: MIB_PER_HOUR, percent_per_hour: 5.99 });
  expect(clean.least_squares.per_hour).toBe(MIB_PER_HOUR);
  expect([clean.first, clean.last, clean.by_minute.length]).toEqual([200.3, 205.7, 30]);

  const peaks = trendOf(samplesOf((hours, i) => 200 + MIB_PER_HOUR * hours + (i > 175 ? 500 : 0)));
  expect(Math.abs(peaks.theil_sen.per_hour - MIB_PER_HOUR)).toBeLessThan(1);
  expect(peaks.least_squares.per_hour).toBeGreaterThan(100);
});

it('tells a level that goes up and down from growth', () => {
  // A saw of ten samples: what garbage collection makes of a level.
  const level = trendOf(samplesOf((_, i) => 200 + (i % 10)));
  expect(level.interval[0]).toBeLessThanOrEqual(0);
  expect(level.interval[1]).toBeGreaterThanOrEqual(0);
  const growth = trendOf(samplesOf((hours, i) => 200 + (i % 10) + 60 * hours));
  expect(growth.interval[0]).toBeGreaterThan(15);
});

it('says nothing of less than three minutes', () => {
  expect(trendOf(samplesOf(() => 1).slice(0, 12))).toBeNull();
});
