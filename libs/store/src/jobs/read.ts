import { isTerminal, type JobSource, type JobState } from '@heddle/contracts';
import { KeyedCoalescer } from '../database/coalescer.js';
import type { Access, Database } from '../database/database.js';
import {
  type Admit,
  besideOf,
  type MeasuredPage,
  measuredPage,
  orderOf,
  type PageQuery,
  type PageRange,
  UNASKED_BYTES,
} from '../database/page.js';
import { CLOCK_SKEW_MS, leastUuid } from '../database/uuids.js';
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
  source?: JobSource;
  batchId?: string;
}

/** Jobs that are read together at most: each takes up to `UNASKED_BYTES` for inputs and results each. */
const GROUP_JOBS = 32;

export type FindJob = (
  tenantId: string,
  id: string,
  include: JobInclude,
  admit?: Admit,
) => Promise<JobRecord | null>;

export type MeasuredJob = JobRecord & { inputsBytes?: number | null; resultsBytes?: number | null };

/**
 * Finds a job with the parts that are asked for; `admit` is asked before large ones are read. Jobs of one tenant that are
 * asked for during a read share the next one.
 */
export function openFindJob(access: Access): FindJob {
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
    access
      .tenant(tenantId)
      .query<MeasuredJob>(
        `${select(include, most)} WHERE j.tenant_id = $1 AND j.id = ANY ($2::uuid[]) AND j.shadow_of IS NULL`,
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

/** A job that an idempotency key has made, with the hash and the answer of its request. */
export interface KeyedJob {
  id: string;
  state: JobState;
  requestHash: Buffer;
  answerStatus: number | null;
}

export async function findByKey(database: Database, tenantId: string, key: string): Promise<KeyedJob | null> {
  const [row] = await database.query<KeyedJob>(
    `SELECT id, state, request_hash AS "requestHash", answer_status AS "answerStatus"
       FROM jobs WHERE tenant_id = $1 AND idempotency_key = $2`,
    [tenantId, key],
    'kept',
  );
  return row ?? null;
}

/**
 * Newest first, older than `before`; pages are stable because ids never change their order.
 *
 * Where metadata is asked for, the system chooses the ids: for a tenant Postgres would check row by row that they are its
 * own before it compared anything by an operator that is not known to keep secrets, so not by the index. What the page
 * shows is read for the tenant nevertheless.
 */
export function listJobs(
  access: Access,
  tenantId: string,
  filter: JobFilter,
  page: PageRange,
  include: JobInclude,
  admit?: Admit,
): Promise<MeasuredPage<JobRecord>> {
  const { conditions, parameters } = conditionsOf(tenantId, filter, page);
  const query: PageQuery = {
    ids: `SELECT j.id FROM jobs j JOIN versions v ON v.id = j.version_id JOIN models m ON m.id = v.model_id
      WHERE ${conditions.join(' AND ')} ORDER BY j.id ${orderOf(page)}`,
    large: [
      { column: 'parameters', table: 'jobs', key: 'id' },
      ...(include.inputs ? [{ column: 'inputs', table: 'job_inputs', key: 'job_id' }] : []),
      ...(include.results ? [{ column: 'results', table: 'job_results', key: 'job_id' }] : []),
    ],
    rows: select(include),
    parameters,
  };
  const own = access.tenant(tenantId);
  return measuredPage<JobRecord>(own, query, page, admit, filter.metadata ? access.system : own);
}

/** States that few jobs end in, in the words of the index `jobs_unsuccessful`. */
const UNSUCCESSFUL = "('failed', 'canceled', 'expired')";

/**
 * What a list's jobs must fulfil. Some of it is implied by the rest and said for the sake of an index: without it a page
 * that few jobs fit would be looked for among all that the tenant ever had.
 */
function conditionsOf(
  tenantId: string,
  filter: JobFilter,
  page: PageRange,
): { conditions: string[]; parameters: unknown[] } {
  const parameters: unknown[] = [tenantId];
  const conditions = ['j.tenant_id = $1', 'j.shadow_of IS NULL'];
  const add = (value: unknown, condition: (parameter: string) => string) => {
    if (value === undefined || value === null) return;
    parameters.push(value);
    conditions.push(condition(`$${parameters.length}`));
  };
  const { states, createdAfter, createdBefore, metadata } = filter;
  add(page.before, (p) => `j.id ${besideOf(page)} ${p}::uuid`);
  add(states, (p) => `j.state = ANY (${p}::text[])`);
  if (states?.every((state) => !isTerminal(state))) conditions.push('j.completed_at IS NULL');
  if (states?.every((state) => isTerminal(state) && state !== 'succeeded'))
    conditions.push(`j.state IN ${UNSUCCESSFUL}`);
  add(filter.model, (p) => `m.name = ${p}`);
  add(filter.versionId, (p) => `j.version_id = ${p}::uuid`);
  add(filter.task, (p) => `j.task = ${p}`);
  add(filter.batchId, (p) => `j.batch_id = ${p}::uuid`);
  add(filter.source, (p) => `j.source = ${p}`);
  add(createdAfter, (p) => `j.created_at > ${p}::timestamptz`);
  add(createdAfter && leastUuid(createdAfter.getTime() - CLOCK_SKEW_MS), (p) => `j.id >= ${p}::uuid`);
  add(createdBefore, (p) => `j.created_at < ${p}::timestamptz`);
  add(createdBefore && leastUuid(createdBefore.getTime() + CLOCK_SKEW_MS), (p) => `j.id < ${p}::uuid`);
  add(metadata && JSON.stringify(metadata), (p) => `j.metadata @> ${p}::jsonb AND j.metadata <> '{}'`);
  return { conditions, parameters };
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

/** How often each of many jobs of any tenant has changed its state: what streams look at. */
export function sequencesOf(database: Database, ids: string[]): Promise<{ id: string; sequence: number }[]> {
  return database.query('SELECT id, sequence FROM jobs WHERE id = ANY ($1)', [ids]);
}

/** `most`: bytes of a large part that is read; of a larger one its size alone. Everything is when it is absent. */
export function select(include: JobInclude, most?: number): string {
  const part = (column: string, name: string) =>
    most === undefined
      ? `, ${column}`
      : `, CASE WHEN octet_length(${column}::text) <= ${most} THEN ${column} END AS ${name},
         octet_length(${column}::text) AS "${name}Bytes"`;
  return `SELECT j.id, j.tenant_id AS "tenantId", j.state, m.name AS model, j.alias, j.canary, j.version_id AS "versionId",
      v.number AS "versionNumber", j.task, j.parameters, j.metadata, j.priority, j.attempt, j.sequence, j.items,
      j.succeeded, j.failed, j.usage, j.timing, j.error, j.created_at AS "createdAt", j.started_at AS "startedAt",
      j.completed_at AS "completedAt", j.deadline, j.source, j.dialect, j.batch_id AS "batchId", j.evaluation_id AS "evaluationId", j.history, j.data_removed_at IS NOT NULL AS "dataRemoved",
      CASE WHEN j.webhook_url IS NOT NULL THEN json_build_object('url', j.webhook_url, 'events', j.webhook_events) END AS webhook,
      substring(j.traceparent, 4, 32) AS "traceId", j.completed_at + make_interval(secs => j.result_ttl_s) AS "expiresAt"
      ${include.inputs ? part('i.inputs', 'inputs') : ''} ${include.results ? part('r.results', 'results') : ''}
    FROM jobs j JOIN versions v ON v.id = j.version_id JOIN models m ON m.id = v.model_id
      ${include.inputs ? 'LEFT JOIN job_inputs i ON i.job_id = j.id' : ''}
      ${include.results ? 'LEFT JOIN job_results r ON r.job_id = j.id' : ''}`;
}
