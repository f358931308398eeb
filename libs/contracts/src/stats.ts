import { z } from 'zod';
import { timestamp } from './shapes.js';

const MINUTE_S = 60;
const HOUR_S = 3600;
const DAY_S = 24 * HOUR_S;

/** Rows of statistics are of a minute or of an hour; its seconds. */
export type StatsResolution = typeof MINUTE_S | typeof HOUR_S;

/** Days for which rows are kept: a day, and a month, with what the oldest step needs beside. */
export const STATS_RETENTION_DAYS: Record<StatsResolution, number> = { [MINUTE_S]: 2, [HOUR_S]: 32 };

/** What may be asked for: the time that it covers, the steps it comes in (some 15 to 120), and the rows they are made of. */
export const STATS_RANGES = {
  '15m': { rangeS: 15 * MINUTE_S, stepS: MINUTE_S, resolution: MINUTE_S },
  '1h': { rangeS: HOUR_S, stepS: MINUTE_S, resolution: MINUTE_S },
  '6h': { rangeS: 6 * HOUR_S, stepS: 5 * MINUTE_S, resolution: MINUTE_S },
  '24h': { rangeS: DAY_S, stepS: 15 * MINUTE_S, resolution: MINUTE_S },
  '7d': { rangeS: 7 * DAY_S, stepS: 2 * HOUR_S, resolution: HOUR_S },
  '30d': { rangeS: 30 * DAY_S, stepS: 6 * HOUR_S, resolution: HOUR_S },
} as const satisfies Record<string, { rangeS: number; stepS: number; resolution: StatsResolution }>;
export type StatsRange = keyof typeof STATS_RANGES;
export const STATS_RANGE_NAMES = Object.keys(STATS_RANGES) as [StatsRange, ...StatsRange[]];

/**
 * Buckets of times grow by a fourth root of two, as those of OpenTelemetry's exponential histograms at scale 2: number `b` holds
 * what is above 2^((b−1)/4) ms and at most 2^(b/4) ms, number 0 all below; so a percentile is at most a tenth from what it is. The last is
 * that of a week, the longest that a job of a batch may take.
 */
export const TIME_BUCKETS_PER_DOUBLING = 4;
export const MAX_TIME_BUCKET = 117;

/** Jobs by bucket of the time they took. */
export type TimeCounts = Record<string, number>;

/** The time in milliseconds that so large a part of the jobs took at most, 0 … 1: the middle of its bucket; null where there are none. */
export function timePercentile(counts: TimeCounts, part: number): number | null {
  const buckets = Object.entries(counts)
    .map(([bucket, count]) => [Number(bucket), count] as const)
    .sort(([a], [b]) => a - b);
  const total = buckets.reduce((sum, [, count]) => sum + count, 0);
  let left = Math.ceil(total * part);
  for (const [bucket, count] of buckets) {
    left -= count;
    if (left <= 0) return 2 ** ((bucket - 0.5) / TIME_BUCKETS_PER_DOUBLING);
  }
  return null;
}

const share = z.number().min(0).max(1).nullable();
const percentiles = z
  .strictObject({ p50: z.number(), p95: z.number(), p99: z.number() })
  .nullable()
  .describe('Within a tenth of what they are; null where there are none.');

const figures = {
  jobs: z
    .strictObject({ succeeded: z.int(), failed: z.int(), canceled: z.int(), expired: z.int() })
    .describe('Jobs that ended, batches’ and evaluations’ too.'),
  items: z.strictObject({ succeeded: z.int(), failed: z.int() }).describe('Of jobs that were run.'),
  tokens: z.int().describe('Of jobs that were run, without padding.'),
  padded_tokens: z.int().describe('With padding.'),
  jobs_per_s: z.number().describe('Jobs that ended.'),
  tokens_per_s: z.number(),
  wait_ms: percentiles.describe('From acceptance to the first claim, of jobs that ended.'),
  duration_ms: percentiles.describe('From acceptance to the end, of jobs that succeeded or failed.'),
  error_share: share.describe(
    'Jobs that failed or expired, of those and the succeeded; null where there are none.',
  ),
  padding_share: share.describe('Tokens that are padding, of all that were computed.'),
  queued: z
    .int()
    .nullable()
    .describe('Jobs that waited: looked at once a minute, the most; null where nobody looked.'),
  queued_tokens: z.int().nullable().describe('Likewise; estimated.'),
  oldest_age_s: z.number().nullable().describe('Likewise, of the job that had waited longest.'),
  workers: z.int().nullable().describe('Workers of the instance that took jobs: likewise, the fewest.'),
};

export const statsFigures = z.strictObject(figures).meta({ id: 'StatsFigures' });
export type StatsFigures = z.infer<typeof statsFigures>;
export const statsPoint = z
  .strictObject({ at: timestamp.describe('When its step begins.'), ...figures })
  .meta({ id: 'StatsPoint' });
export type StatsPoint = z.infer<typeof statsPoint>;

/** What was done and what waited, as the API shows it. */
export const stats = z
  .strictObject({
    object: z.literal('stats'),
    range: z.enum(STATS_RANGE_NAMES),
    tenants: z.enum(['own', 'all']),
    step_s: z.int(),
    since: timestamp,
    until: timestamp.describe(
      'The end of the last minute that is counted; the last step may go on beyond it.',
    ),
    points: z.array(statsPoint).describe('One a step, the oldest first, without gaps.'),
    total: statsFigures.describe('Of all points together.'),
  })
  .meta({ id: 'Stats' });
export type Stats = z.infer<typeof stats>;
