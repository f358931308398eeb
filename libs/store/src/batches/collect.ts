import { type ErrorCode, newUuid } from '@heddle/contracts';
import type { Database } from '../database/database.js';
import type { Fence } from '../database/lease.js';
import type { Query } from '../database/statement.js';
import { fenced } from './fence.js';

/** Jobs of one look. */
const LIMIT = 500;
/** Errors of a job that one of its items may be alone to blame for. */
export const ONES_FAULT: ReadonlySet<string> = new Set([
  'worker-crashed',
  'inference-timeout',
  'attempts-exhausted',
] satisfies ErrorCode[]);

interface Ended {
  id: string;
  items: number;
  succeeded: number;
  failed: number;
  canceled: number;
  expired: number;
  tokens: number;
  /** Of its results, as JSON. */
  bytes: number;
  divisible: boolean;
}

/** What of a batch is still open, after what has ended was counted. */
export interface Collected {
  /** Jobs that have not ended, or are not counted yet. */
  open: boolean;
  /** Jobs that were made. */
  divided: number;
  /** Something was written. */
  changed: boolean;
  /** Of the results of jobs that have ended since the last look, as JSON. */
  bytes: number;
}

export interface CollectOptions {
  /** Lines that were counted before. */
  done: number;
  /** Lines for which something is written while others still run or are to be made. */
  least: number;
  /** Every line has its job. */
  fed: boolean;
  /** Bytes that outputs may still have. Where they have more, nothing is divided any more; nor where this is below 0. */
  mostBytes: number;
}

/**
 * Counts the jobs that have ended since the last look, and tells of it as progress. While others still run, or are still to be
 * made (not `fed`), nothing is written for fewer than `least` lines. A job that failed as a whole, with several lines, is made into jobs of a line each in
 * its place: only the line whose fault it was fails again. So is one whose outputs, which are bounded together, had no room for one of them.
 */
export async function collect(
  database: Database,
  fence: Fence,
  { done, least, fed, mostBytes }: CollectOptions,
): Promise<Collected> {
  const ended = await endedJobs(database, fence.id);
  const [row] = await database.query<{ uncounted: number }>(
    'SELECT count(*)::int AS uncounted FROM batch_jobs WHERE batch_id = $1 AND NOT counted',
    [fence.id],
    'kept',
  );
  const whole = ended.filter((job) => !job.divisible);
  // A batch that ends keeps what divided jobs would run again for.
  const divides = whole.reduce((total, job) => total + job.bytes, 0) <= mostBytes;
  const divisible = divides ? ended.filter((job) => job.divisible) : [];
  const counted = divides ? whole : ended;
  const sum = (of: (job: Ended) => number) => counted.reduce((total, job) => total + of(job), 0);
  const lines = sum((job) => job.items);
  const running = row!.uncounted - ended.length;
  const isLast = fed && running === 0 && divisible.length === 0;
  const tells = lines > 0 && (isLast || lines >= least);
  const bytes = sum((job) => job.bytes);
  if (divisible.length === 0 && !tells)
    return { open: row!.uncounted > 0, divided: 0, changed: false, bytes };
  await fenced(database, fence, async (query) => {
    for (const job of divisible) await divide(query, job);
    if (!tells) return;
    await query('UPDATE batch_jobs SET counted = true WHERE job_id = ANY ($1)', [
      counted.map((job) => job.id),
    ]);
    await query(
      `UPDATE batches SET succeeded = succeeded + $2, failed = failed + $3, canceled = canceled + $4, expired = expired + $5,
              tokens = tokens + $6, output_bytes = output_bytes + $8::bigint, sequence = sequence + 1,
              history = history || jsonb_build_array($7::int) WHERE id = $1`,
      [
        fence.id,
        sum((job) => job.succeeded),
        sum((job) => job.failed),
        sum((job) => job.canceled),
        sum((job) => job.expired),
        sum((job) => job.tokens),
        done + lines,
        bytes,
      ],
    );
  });
  const open = running > 0 || divisible.length > 0 || !tells;
  return { open, divided: divisible.length, changed: true, bytes };
}

function endedJobs(database: Database, id: string): Promise<Ended[]> {
  // A line of several items has a job of its own, and is one line.
  const isOneLine = 'coalesce(bj.lines[1] = bj.lines[2], false)';
  const items = `CASE WHEN ${isOneLine} THEN 1 ELSE j.items END`;
  const of = (state: string) => `CASE WHEN j.state = '${state}' THEN ${items} ELSE 0 END AS ${state}`;
  return database.query<Ended>(
    `SELECT j.id, ${items} AS items,
            CASE WHEN ${isOneLine} THEN (j.succeeded > 0 AND j.failed = 0)::int ELSE j.succeeded END AS succeeded,
            CASE WHEN ${isOneLine} THEN (j.failed > 0)::int ELSE j.failed END AS failed, ${of('canceled')}, ${of('expired')}, coalesce((j.usage ->> 'tokens')::int, 0) AS tokens,
            coalesce(r.bytes, pg_column_size(r.results), 0)::float8 AS bytes,
            j.items > 1 AND NOT ${isOneLine} AND j.failed > 0 AND (coalesce(j.error ->> 'code', '') = ANY ($2)
              OR coalesce(r.no_room, false)) AS divisible
       FROM batch_jobs bj JOIN jobs j ON j.id = bj.job_id LEFT JOIN job_results r ON r.job_id = j.id
      WHERE bj.batch_id = $1 AND NOT bj.counted AND j.completed_at IS NOT NULL LIMIT ${LIMIT}`,
    [id, [...ONES_FAULT]],
    'kept',
  );
}

/**
 * A job of each line in place of one. They come with its crashes, less one: each runs alone, and one more ends it, before
 * so many in a short time bring the whole version into quarantine.
 */
async function divide(query: Query, { id, items }: Ended): Promise<void> {
  const parts = `jobs j JOIN job_inputs i ON i.job_id = j.id JOIN batch_jobs bj ON bj.job_id = j.id
      CROSS JOIN json_array_elements(i.inputs) WITH ORDINALITY e (item, place)
      JOIN unnest($2::uuid[]) WITH ORDINALITY new (id, place) ON new.place = e.place
     WHERE j.id = $1`;
  const ids = Array.from({ length: items }, () => newUuid());
  await query(
    `INSERT INTO jobs (id, tenant_id, version_id, alias, task, parameters, metadata, priority, items, cost, deadline, source, batch_id, crashes)
     SELECT new.id, j.tenant_id, j.version_id, j.alias, j.task, j.parameters, j.metadata, j.priority, 1,
            greatest(1, j.cost / j.items), j.deadline, j.source, j.batch_id, greatest(0, j.crashes - 1) FROM ${parts}`,
    [id, ids],
  );
  await query(
    `INSERT INTO job_inputs (job_id, tenant_id, inputs) SELECT new.id, j.tenant_id, json_build_array(e.item) FROM ${parts}`,
    [id, ids],
  );
  await query(
    `INSERT INTO batch_jobs (job_id, batch_id, lines) SELECT new.id, bj.batch_id, ARRAY[bj.lines[new.place]] FROM ${parts}`,
    [id, ids],
  );
  await query('DELETE FROM batch_jobs WHERE job_id = $1', [id]);
}
