import type { JobState } from '@heddle/contracts';
import type { Database } from '../database/database.js';
import type { JobRecord } from './job.entity.js';

export interface JobInclude {
  inputs: boolean;
  results: boolean;
}

export interface JobFilter {
  states?: JobState[];
  model?: string;
  versionId?: string;
  task?: string;
  createdAfter?: Date;
  createdBefore?: Date;
  metadata?: Record<string, string>;
}

export async function findJob(
  database: Database,
  tenantId: string,
  id: string,
  include: JobInclude,
): Promise<JobRecord | null> {
  const [row] = await database.query<JobRecord>(`${select(include)} WHERE j.tenant_id = $1 AND j.id = $2`, [
    tenantId,
    id,
  ]);
  return row ?? null;
}

/** The job that an idempotency key has made, with the hash and the answer of its request. */
export async function findByKey(
  database: Database,
  tenantId: string,
  key: string,
): Promise<{ id: string; requestHash: Buffer; answerStatus: number | null } | null> {
  const [row] = await database.query<{ id: string; requestHash: Buffer; answerStatus: number | null }>(
    `SELECT id, request_hash AS "requestHash", answer_status AS "answerStatus"
       FROM jobs WHERE tenant_id = $1 AND idempotency_key = $2`,
    [tenantId, key],
  );
  return row ?? null;
}

export interface JobPage {
  rows: JobRecord[];
  /** Older jobs fit the filter as well. */
  more: boolean;
}

/**
 * Newest first, older than `before`; pages are stable because ids never change their order. A page ends early where
 * the texts of one more job would make it larger than `maxBytes`; it holds one job at least. Sizes are added up job by
 * job, so that Postgres unpacks at most one job more than it answers with.
 */
export async function listJobs(
  database: Database,
  tenantId: string,
  filter: JobFilter,
  page: { before: string | null; limit: number; maxBytes: number },
  include: JobInclude,
): Promise<JobPage> {
  const size = sizeOf(include);
  const listed = await database.query<JobRecord & { found: number }>(
    `WITH RECURSIVE found AS MATERIALIZED (
       SELECT id, row_number() OVER (ORDER BY id DESC) AS place FROM (
         SELECT j.id FROM jobs j JOIN versions v ON v.id = j.version_id JOIN models m ON m.id = v.model_id
          WHERE j.tenant_id = $1 AND ($2::uuid IS NULL OR j.id < $2) AND ($3::text[] IS NULL OR j.state = ANY ($3))
            AND ($4::text IS NULL OR m.name = $4) AND ($5::uuid IS NULL OR j.version_id = $5) AND ($6::text IS NULL OR j.task = $6)
            AND ($7::timestamptz IS NULL OR j.created_at > $7) AND ($8::timestamptz IS NULL OR j.created_at < $8)
            AND ($9::jsonb IS NULL OR j.metadata @> $9)
          ORDER BY j.id DESC LIMIT $10 + 1) newest),
     measured AS (
       SELECT id, place, ${size} AS bytes FROM found WHERE place = 1
       UNION ALL
       SELECT found.id, found.place, measured.bytes + ${size}
         FROM measured JOIN found ON found.place = measured.place + 1
        WHERE measured.bytes <= $11 AND found.place <= $10)
     ${select(include, ', (SELECT count(*)::int FROM found) AS found')}
       JOIN measured ON measured.id = j.id
      WHERE measured.place = 1 OR measured.bytes <= $11 ORDER BY measured.place`,
    [
      tenantId,
      page.before,
      filter.states ?? null,
      filter.model ?? null,
      filter.versionId ?? null,
      filter.task ?? null,
      filter.createdAfter ?? null,
      filter.createdBefore ?? null,
      filter.metadata ? JSON.stringify(filter.metadata) : null,
      page.limit,
      page.maxBytes,
    ],
  );
  const more = (listed[0]?.found ?? 0) > listed.length;
  return { rows: listed.map(({ found: _, ...row }) => row), more };
}

/** Bytes of what of a job may be large: parameters always, texts and results where they are asked for. */
function sizeOf(include: JobInclude): string {
  const part = (column: string, table: string, key: string) =>
    `coalesce((SELECT octet_length(${column}::text)::bigint FROM ${table} WHERE ${key} = found.id), 0)`;
  return [
    part('parameters', 'jobs', 'id'),
    ...(include.inputs ? [part('inputs', 'job_inputs', 'job_id')] : []),
    ...(include.results ? [part('results', 'job_results', 'job_id')] : []),
  ].join(' + ');
}

/** States of many jobs of any tenant at once: what waiters look at after a signal. */
export async function endedAmong(database: Database, ids: string[]): Promise<string[]> {
  const rows = await database.query<{ id: string }>(
    `SELECT id FROM jobs WHERE id = ANY ($1) AND state NOT IN ('queued', 'running')`,
    [ids],
  );
  return rows.map((row) => row.id);
}

function select(include: JobInclude, more = ''): string {
  return `SELECT j.id, j.tenant_id AS "tenantId", j.state, m.name AS model, j.alias, j.version_id AS "versionId",
      v.number AS "versionNumber", j.task, j.parameters, j.metadata, j.priority, j.attempt, j.sequence, j.items,
      j.succeeded, j.failed, j.usage, j.timing, j.error, j.created_at AS "createdAt", j.started_at AS "startedAt",
      j.completed_at AS "completedAt", j.deadline
      ${include.inputs ? ', i.inputs' : ''} ${include.results ? ', r.results' : ''} ${more}
    FROM jobs j JOIN versions v ON v.id = j.version_id JOIN models m ON m.id = v.model_id
      ${include.inputs ? 'LEFT JOIN job_inputs i ON i.job_id = j.id' : ''}
      ${include.results ? 'LEFT JOIN job_results r ON r.job_id = j.id' : ''}`;
}
