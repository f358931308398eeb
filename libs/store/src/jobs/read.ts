import type { JobState } from '@heddle/contracts';
import { KeyedCoalescer } from '../database/coalescer.js';
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

/** Jobs that are read together at most: each takes up to `UNASKED_BYTES` for inputs and results each. */
const GROUP_JOBS = 32;

export type FindJob = (
  tenantId: string,
  id: string,
  include: JobInclude,
  admit?: Admit,
) => Promise<JobRecord | null>;

type MeasuredJob = JobRecord & { inputsBytes?: number | null; resultsBytes?: number | null };

/**
 * Finds a job with the parts that are asked for; `admit` is asked before large ones are read. Jobs of one tenant that are
 * asked for during a read share the next one.
 */
export function openFindJob(database: Database): FindJob {
  const groups = new KeyedCoalescer(
    async (asked: { tenantId: string; id: string; include: JobInclude }[]) => {
      const { tenantId, include } = asked[0]!;
      const rows = await find(tenantId, include, [...new Set(asked.map(({ id }) => id))], UNASKED_BYTES);
      const byId = new Map(rows.map((row) => [row.id, row]));
      return asked.map(({ id }) => byId.get(id) ?? null);
    },
    GROUP_JOBS,
  );
  const find = (tenantId: string, include: JobInclude, ids: string[], most?: number) =>
    database.query<MeasuredJob>(
      `${select(include, most)} WHERE j.tenant_id = $1 AND j.id = ANY ($2::uuid[])`,
      [tenantId, ids],
      'kept',
    );
  return async (tenantId, id, include, admit = async () => undefined) => {
    const key = `${tenantId} ${include.inputs} ${include.results}`;
    const row = await groups.run(key, { tenantId, id, include });
    const sizes = [row?.inputsBytes ?? 0, row?.resultsBytes ?? 0];
    if (!row || Math.max(...sizes) <= UNASKED_BYTES) return row;
    await admit(sizes.reduce((sum, bytes) => sum + bytes, 0));
    return (await find(tenantId, include, [id]))[0] ?? null;
  };
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
    'kept',
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
    `SELECT id FROM jobs WHERE id = ANY ($1::uuid[]) AND state NOT IN ('queued', 'running')`,
    [ids],
    'kept',
  );
  return rows.map((row) => row.id);
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
      j.completed_at AS "completedAt", j.deadline
      ${include.inputs ? part('i.inputs', 'inputs') : ''} ${include.results ? part('r.results', 'results') : ''}
    FROM jobs j JOIN versions v ON v.id = j.version_id JOIN models m ON m.id = v.model_id
      ${include.inputs ? 'LEFT JOIN job_inputs i ON i.job_id = j.id' : ''}
      ${include.results ? 'LEFT JOIN job_results r ON r.job_id = j.id' : ''}`;
}
