import type { Task } from '@heddle/contracts';
import type { Database } from '../database/database.js';
import type { Fence } from '../database/lease.js';
import type { BatchJob, ClaimedBatch, LineError } from './batch.entity.js';
import { fenced } from './fence.js';
import { insertLineErrors } from './work.js';

/**
 * Open jobs of all batches of that tenant and version, and their estimated tokens: of those that are at least as urgent, because
 * others do not come before the batch's. The number is that of jobs of `task` where one is named.
 */
export async function openWork(
  database: Database,
  { tenantId, versionId, priority }: Pick<ClaimedBatch, 'tenantId' | 'versionId' | 'priority'>,
  task: Task | null,
): Promise<{ jobs: number; cost: number }> {
  const [row] = await database.query<{ jobs: number; cost: number }>(
    `SELECT ${task ? '(count(*) FILTER (WHERE task = $4))' : 'count(*)'}::int AS jobs, coalesce(sum(cost), 0)::float8 AS cost FROM jobs
      WHERE version_id = $1 AND tenant_id = $2 AND batch_id IS NOT NULL AND completed_at IS NULL AND priority <= $3`,
    task ? [versionId, tenantId, priority, task] : [versionId, tenantId, priority],
    'kept',
  );
  return row!;
}

/** Which of the lines from one to another, both included, cannot run. */
export async function invalidLines(
  database: Database,
  id: string,
  from: number,
  to: number,
): Promise<Set<number>> {
  const rows = await database.query<{ line: number }>(
    'SELECT line FROM batch_line_errors WHERE batch_id = $1 AND line BETWEEN $2 AND $3',
    [id, from, to],
  );
  return new Set(rows.map(({ line }) => line));
}

/** What some lines were made into. */
export interface MadeJobs {
  jobs: BatchJob[];
  /** Lines that cannot run after all: they could when the file was validated, by the release before. */
  errors: LineError[];
  /** The line behind them. */
  next: { byte: number; line: number };
}

/** Makes jobs of lines, and moves the place to go on from behind them, in one transaction. */
export function addJobs(database: Database, fence: Fence, { jobs, errors, next }: MadeJobs): Promise<void> {
  const list = <T>(value: (job: BatchJob) => T) => jobs.map(value);
  return fenced(database, fence, async (query) => {
    await query(
      `WITH given AS (
         SELECT * FROM unnest($2::uuid[], $3::json[], $4::json[], $5::int[], $6::int[], $7::text[]) AS g (id, parameters, inputs, items, cost, lines)),
       made AS (
         INSERT INTO jobs (id, tenant_id, version_id, alias, task, parameters, metadata, priority, items, cost, deadline, source, batch_id)
         SELECT g.id, b.tenant_id, b.version_id, b.alias, b.task, g.parameters, '{}', b.priority, g.items, g.cost, b.deadline, 'batch', b.id
           FROM given g, batches b WHERE b.id = $1 RETURNING id, tenant_id),
       texts AS (INSERT INTO job_inputs (job_id, tenant_id, inputs) SELECT made.id, made.tenant_id, g.inputs FROM made JOIN given g USING (id))
       INSERT INTO batch_jobs (job_id, batch_id, lines) SELECT g.id, $1, g.lines::int[] FROM given g`,
      [
        fence.id,
        list((job) => job.id),
        list((job) => JSON.stringify(job.parameters)),
        list((job) => job.inputs),
        list((job) => job.lines.length),
        list((job) => job.cost),
        // Lists of different lengths are no matrix, which is all that a list of lists could be.
        list((job) => `{${job.lines.join()}}`),
      ],
    );
    if (errors.length > 0) await insertLineErrors(query, fence.id, errors);
    await query('UPDATE batches SET next_byte = $2, next_line = $3, failed = failed + $4 WHERE id = $1', [
      fence.id,
      next.byte,
      next.line,
      errors.length,
    ]);
  });
}
