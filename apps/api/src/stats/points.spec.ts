import { MAX_TIME_BUCKET, timePercentile } from '@heddle/contracts';
import type { StatsRow } from '@heddle/store';
import { expect, it } from 'vitest';
import { pointsOf } from './points.js';

const MINUTE_MS = 60_000;
const START = Date.parse('2026-01-31T12:00:00Z');
const minute = (n: number) => new Date(START + n * MINUTE_MS);
const row = (at: Date, values: Partial<StatsRow> = {}): StatsRow => ({
  at,
  jobsSucceeded: 0,
  jobsFailed: 0,
  jobsCanceled: 0,
  jobsExpired: 0,
  itemsSucceeded: 0,
  itemsFailed: 0,
  tokens: 0,
  paddedTokens: 0,
  waits: {},
  durations: {},
  queued: 0,
  queuedTokens: 0,
  oldestAgeS: 0,
  ...values,
});

it('sums up what was done, and takes the most of what waited and the fewest workers', () => {
  const rows = [
    row(minute(0), {
      jobsSucceeded: 6,
      jobsFailed: 1,
      tokens: 60,
      paddedTokens: 80,
      queued: 3,
      oldestAgeS: 9,
    }),
    row(minute(1), {
      jobsSucceeded: 2,
      jobsExpired: 1,
      jobsCanceled: 5,
      tokens: 30,
      paddedTokens: 40,
      queued: 8,
    }),
  ];
  const looks = [
    { at: minute(0), workers: 3 },
    { at: minute(1), workers: 1 },
  ];
  const { points, total } = pointsOf({ since: minute(0), until: minute(2), stepS: 120 }, rows, looks);
  expect(points).toHaveLength(1);
  expect(points[0]).toEqual({ at: minute(0).toISOString(), ...total });
  expect(total).toMatchObject({
    jobs: { succeeded: 8, failed: 1, canceled: 5, expired: 1 },
    tokens: 90,
    jobs_per_s: 15 / 120,
    tokens_per_s: 90 / 120,
    error_share: 2 / 10,
    padding_share: 30 / 120,
    queued: 8,
    oldest_age_s: 9,
    workers: 1,
  });
});

it('has a point for every step, zero where nothing happened and null where nobody looked', () => {
  const { points } = pointsOf(
    { since: minute(0), until: minute(4), stepS: 60 },
    [row(minute(1), { jobsSucceeded: 3, queued: 2 })],
    [
      { at: minute(1), workers: 1 },
      { at: minute(2), workers: null },
    ],
  );
  expect(points.map(({ jobs, queued, workers }) => [jobs.succeeded, queued, workers])).toEqual([
    [0, null, null],
    [3, 2, 1],
    [0, 0, null],
    [0, null, null],
  ]);
  expect(points[0]).toMatchObject({ error_share: null, padding_share: null, wait_ms: null, jobs_per_s: 0 });
});

it('divides what the last step has by the part of it that is counted', () => {
  const { points } = pointsOf(
    { since: minute(0), until: minute(6), stepS: 300 },
    [row(minute(5), { jobsSucceeded: 60 })],
    [],
  );
  expect(points.map(({ jobs_per_s }) => jobs_per_s)).toEqual([0, 1]);
});

it('percentiles are within a tenth of those of the times themselves', () => {
  const times = Array.from({ length: 1000 }, (_, i) => 3 * 1.008 ** i);
  const counts: Record<string, number> = {};
  for (const ms of times) {
    const bucket = Math.min(MAX_TIME_BUCKET, Math.ceil(4 * Math.log2(ms)));
    counts[bucket] = (counts[bucket] ?? 0) + 1;
  }
  for (const part of [0.01, 0.5, 0.95, 0.99, 1]) {
    const exact = times[Math.ceil(times.length * part) - 1]!;
    const told = timePercentile(counts, part)!;
    expect(Math.abs(told / exact - 1)).toBeLessThan(0.1);
  }
  expect(timePercentile({}, 0.5)).toBeNull();
  expect(timePercentile({ '4': 3, '40': 1 }, 0.5)).toBeCloseTo(2 ** (3.5 / 4));
});
