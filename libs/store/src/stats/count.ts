import { MAX_TIME_BUCKET, TIME_BUCKETS_PER_DOUBLING } from '@heddle/contracts';
import type { Database } from '../database/database.js';
import { IS_FRESH } from '../workers/worker.entity.js';

/** All tenants together. */
export const EVERYBODY = '00000000-0000-0000-0000-000000000000';

/**
 * Seconds after a minute's end at which it is counted: the statement that ends a job has committed by then, or was ended by its
 * timeout.
 */
export const COUNTED_AFTER_S = 15;
/** Minutes that are counted belatedly; what ended before, while no dispatcher ran, is left out. */
const MAX_LATE_MINUTES = 60;

/** The bucket of an interval; null of a null. */
const bucketOf = (interval: string) =>
  `CASE WHEN ${interval} IS NOT NULL THEN least(${MAX_TIME_BUCKET}, ceil(${TIME_BUCKETS_PER_DOUBLING} / ln(2::float8) *
     ln(greatest(1, extract(epoch FROM ${interval})::float8 * 1000))))::int END`;

/** Jobs by bucket, of each tenant and of all together. */
const countsBy = (bucket: 'wait' | 'duration') =>
  `SELECT tenant_id, jsonb_object_agg(bucket, count) AS counts FROM (
     SELECT coalesce(tenant_id, '${EVERYBODY}') AS tenant_id, ${bucket} AS bucket, count(*) AS count FROM ended
      WHERE ${bucket} IS NOT NULL GROUP BY GROUPING SETS ((tenant_id, ${bucket}), (${bucket}))) of_tenant GROUP BY tenant_id`;

/** Columns that are sums, with what they are sums of. */
const SUMS = {
  jobs_succeeded: `count(*) FILTER (WHERE state = 'succeeded')`,
  jobs_failed: `count(*) FILTER (WHERE state = 'failed')`,
  jobs_canceled: `count(*) FILTER (WHERE state = 'canceled')`,
  jobs_expired: `count(*) FILTER (WHERE state = 'expired')`,
  items_succeeded: 'coalesce(sum(succeeded), 0)',
  items_failed: 'coalesce(sum(failed), 0)',
  tokens: 'coalesce(sum(tokens), 0)',
  padded_tokens: 'coalesce(sum(padded_tokens), 0)',
};
const NAMES = Object.keys(SUMS);
const GAUGES = ['queued', 'queued_tokens', 'oldest_age_s'];

/**
 * Counts the next minute that is over, in rows of the minute and in those of its hour. Jobs that are ended are found by when they
 * ended; what waits is looked at in the newest minute alone. Second runs of shadows are nobody's.
 */
const COUNT = `WITH due AS (
    SELECT since, since + interval '1 minute' AS until, since + interval '2 minutes' > over AS newest FROM (
      SELECT greatest(counted_until, date_trunc('minute', now()) - interval '${MAX_LATE_MINUTES} minutes') AS since, $1::timestamptz AS over
        FROM stats_progress WHERE counted_until + interval '1 minute' <= $1 FOR UPDATE) next),
  noted AS (UPDATE stats_progress SET counted_until = due.until FROM due),
  ended AS MATERIALIZED (
    SELECT j.tenant_id, j.state, j.succeeded, j.failed, (j.usage ->> 'tokens')::bigint AS tokens,
           (j.usage ->> 'padded_tokens')::bigint AS padded_tokens, ${bucketOf('(j.started_at - j.created_at)')} AS wait,
           CASE WHEN j.state IN ('succeeded', 'failed') THEN ${bucketOf('(j.completed_at - j.created_at)')} END AS duration
      FROM jobs j WHERE j.completed_at >= (SELECT since FROM due) AND j.completed_at < (SELECT until FROM due) AND j.shadow_of IS NULL),
  sums AS (
    SELECT coalesce(tenant_id, '${EVERYBODY}') AS tenant_id, ${NAMES.map((name) => `${SUMS[name as keyof typeof SUMS]} AS ${name}`).join(', ')}
      FROM ended GROUP BY GROUPING SETS ((tenant_id), ())),
  waits AS (${countsBy('wait')}),
  durations AS (${countsBy('duration')}),
  waiting AS (
    SELECT coalesce(tenant_id, '${EVERYBODY}') AS tenant_id, count(*) AS queued, coalesce(sum(cost), 0) AS queued_tokens,
           extract(epoch FROM now() - min(created_at)) AS oldest_age_s
      FROM jobs WHERE completed_at IS NULL AND state = 'queued' AND shadow_of IS NULL AND (SELECT newest FROM due)
     GROUP BY GROUPING SETS ((tenant_id), ())),
  counted AS (
    INSERT INTO stats AS s (tenant_id, resolution, at, ${NAMES.join(', ')}, waits, durations, ${GAUGES.join(', ')}, workers)
    SELECT tenant_id, resolution, to_timestamp(floor(extract(epoch FROM due.since) / resolution) * resolution),
           ${NAMES.map((name) => `coalesce(sums.${name}, 0)`).join(', ')},
           coalesce(waits.counts, '{}'), coalesce(durations.counts, '{}'),
           ${GAUGES.map((name) => `CASE WHEN due.newest THEN coalesce(waiting.${name}, 0) END`).join(', ')},
           CASE WHEN due.newest AND tenant_id = '${EVERYBODY}'
             THEN (SELECT count(*) FROM workers w WHERE ${IS_FRESH} AND w.phase = 'serving') END
      FROM due CROSS JOIN (VALUES (60), (3600)) AS of (resolution)
      CROSS JOIN (sums FULL JOIN waiting USING (tenant_id) LEFT JOIN waits USING (tenant_id) LEFT JOIN durations USING (tenant_id))
    ON CONFLICT (tenant_id, resolution, at) DO UPDATE SET
      ${NAMES.map((name) => `${name} = s.${name} + excluded.${name}`).join(', ')},
      waits = add_counts(s.waits, excluded.waits), durations = add_counts(s.durations, excluded.durations),
      ${GAUGES.map((name) => `${name} = greatest(s.${name}, excluded.${name})`).join(', ')},
      workers = least(s.workers, excluded.workers))
  SELECT until FROM due`;

/**
 * Counts one minute more that was over by `over`; false when there is none. Any number of dispatchers may do so at a time: each
 * minute is counted once.
 */
export async function countMinute(database: Database, over: Date): Promise<boolean> {
  return (await database.query(COUNT, [over])).length > 0;
}
