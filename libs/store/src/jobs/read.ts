import type { JobState } from '@heddle/contracts';
import type { Database } from '../database/database.js';
import { type MeasuredPage, measuredPage, type PageQuery, type PageRange } from '../database/page.js';
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

/** Newest first, older than `before`; pages are stable because ids never change their order. */
export function listJobs(
  database: Database,
  tenantId: string,
  filter: JobFilter,
  page: PageRange,
  include: JobInclude,
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
  return measuredPage<JobRecord>(database, query, page);
}

/** States of many jobs of any tenant at once: what waiters look at after a signal. */
export async function endedAmong(database: Database, ids: string[]): Promise<string[]> {
  const rows = await database.query<{ id: string }>(
    `SELECT id FROM jobs WHERE id = ANY ($1) AND state NOT IN ('queued', 'running')`,
    [ids],
  );
  return rows.map((row) => row.id);
}

function select(include: JobInclude): string {
  return `SELECT j.id, j.tenant_id AS "tenantId", j.state, m.name AS model, j.alias, j.version_id AS "versionId",
      v.number AS "versionNumber", j.task, j.parameters, j.metadata, j.priority, j.attempt, j.sequence, j.items,
      j.succeeded, j.failed, j.usage, j.timing, j.error, j.created_at AS "createdAt", j.started_at AS "startedAt",
      j.completed_at AS "completedAt", j.deadline
      ${include.inputs ? ', i.inputs' : ''} ${include.results ? ', r.results' : ''}
    FROM jobs j JOIN versions v ON v.id = j.version_id JOIN models m ON m.id = v.model_id
      ${include.inputs ? 'LEFT JOIN job_inputs i ON i.job_id = j.id' : ''}
      ${include.results ? 'LEFT JOIN job_results r ON r.job_id = j.id' : ''}`;
}
