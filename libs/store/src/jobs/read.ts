import type { JobState } from '@heddle/contracts';
import type { Database } from '../database/database.js';
import {
  type Admit,
  type MeasuredPage,
  measuredPage,
  type PageQuery,
  type PageRange,
  UNASKED_BYTES,
} from '../database/page.js';
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

/** A job with the parts that are asked for; `admit` is asked before large ones are read. */
export async function findJob(
  database: Database,
  tenantId: string,
  id: string,
  include: JobInclude,
  admit: Admit = async () => undefined,
): Promise<JobRecord | null> {
  const find = (most?: number) =>
    database.query<JobRecord & { inputsBytes?: number | null; resultsBytes?: number | null }>(
      `${select(include, most)} WHERE j.tenant_id = $1 AND j.id = $2`,
      [tenantId, id],
    );
  const [row] = await find(UNASKED_BYTES);
  const sizes = [row?.inputsBytes ?? 0, row?.resultsBytes ?? 0];
  if (!row || Math.max(...sizes) <= UNASKED_BYTES) return row ?? null;
  await admit(sizes.reduce((sum, bytes) => sum + bytes, 0));
  return (await find())[0] ?? null;
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

/** Newest first, older than `before`; pages are stable because ids never change their order. */
export function listJobs(
  database: Database,
  tenantId: string,
  filter: JobFilter,
  page: PageRange,
  include: JobInclude,
  admit?: Admit,
): Promise<MeasuredPage<JobRecord>> {
  const query: PageQuery = {
    ids: `SELECT j.id FROM jobs j JOIN versions v ON v.id = j.version_id JOIN models m ON m.id = v.model_id
      WHERE j.tenant_id = $1 AND ($2::uuid IS NULL OR j.id < $2) AND ($3::text[] IS NULL OR j.state = ANY ($3))
        AND ($4::text IS NULL OR m.name = $4) AND ($5::uuid IS NULL OR j.version_id = $5) AND ($6::text IS NULL OR j.task = $6)
        AND ($7::timestamptz IS NULL OR j.created_at > $7) AND ($8::timestamptz IS NULL OR j.created_at < $8)
        AND ($9::jsonb IS NULL OR j.metadata @> $9)
      ORDER BY j.id DESC`,
    large: [
      { column: 'parameters', table: 'jobs', key: 'id' },
      ...(include.inputs ? [{ column: 'inputs', table: 'job_inputs', key: 'job_id' }] : []),
      ...(include.results ? [{ column: 'results', table: 'job_results', key: 'job_id' }] : []),
    ],
    rows: select(include),
    parameters: [
      tenantId,
      page.before,
      filter.states ?? null,
      filter.model ?? null,
      filter.versionId ?? null,
      filter.task ?? null,
      filter.createdAfter ?? null,
      filter.createdBefore ?? null,
      filter.metadata ? JSON.stringify(filter.metadata) : null,
    ],
  };
  return measuredPage<JobRecord>(database, query, page, admit);
}

/** States of many jobs of any tenant at once: what waiters look at after a signal. */
export async function endedAmong(database: Database, ids: string[]): Promise<string[]> {
  const rows = await database.query<{ id: string }>(
    `SELECT id FROM jobs WHERE id = ANY ($1) AND state NOT IN ('queued', 'running')`,
    [ids],
  );
  return rows.map((row) => row.id);
}

/** How often each of many jobs of any tenant has changed its state: what streams look at. */
export function sequencesOf(database: Database, ids: string[]): Promise<{ id: string; sequence: number }[]> {
  return database.query('SELECT id, sequence FROM jobs WHERE id = ANY ($1)', [ids]);
}

/** `most`: bytes of a large part that is read; of a larger one its size alone. Everything is when it is absent. */
function select(include: JobInclude, most?: number): string {
  const part = (column: string, name: string) =>
    most === undefined
      ? `, ${column}`
      : `, CASE WHEN octet_length(${column}::text) <= ${most} THEN ${column} END AS ${name},
         octet_length(${column}::text) AS "${name}Bytes"`;
  return `SELECT j.id, j.tenant_id AS "tenantId", j.state, m.name AS model, j.alias, j.version_id AS "versionId",
      v.number AS "versionNumber", j.task, j.parameters, j.metadata, j.priority, j.attempt, j.sequence, j.items,
      j.succeeded, j.failed, j.usage, j.timing, j.error, j.created_at AS "createdAt", j.started_at AS "startedAt",
      j.completed_at AS "completedAt", j.deadline, j.source, j.history, j.data_removed_at IS NOT NULL AS "dataRemoved",
      j.completed_at + make_interval(secs => j.result_ttl_s) AS "expiresAt"
      ${include.inputs ? part('i.inputs', 'inputs') : ''} ${include.results ? part('r.results', 'results') : ''}
    FROM jobs j JOIN versions v ON v.id = j.version_id JOIN models m ON m.id = v.model_id
      ${include.inputs ? 'LEFT JOIN job_inputs i ON i.job_id = j.id' : ''}
      ${include.results ? 'LEFT JOIN job_results r ON r.job_id = j.id' : ''}`;
}
