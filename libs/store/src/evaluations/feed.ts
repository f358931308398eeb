import { newUuid } from '@heddle/contracts';
import type { Database } from '../database/database.js';
import type { Query } from '../database/statement.js';
import type { ClaimedEvaluation, EvaluationJob, FedItem } from './evaluation.entity.js';
import { fenced } from './fence.js';

/** What some examples were made into. */
export interface FedExamples {
  items: FedItem[];
  jobs: EvaluationJob[];
  /** Examples before the next one. */
  fed: number;
}

/** Jobs of an evaluation that have not ended, or whose answers are not in its items yet, and their estimated tokens. */
export async function openWork(database: Database, id: string): Promise<{ jobs: number; cost: number }> {
  const [row] = await database.query<{ jobs: number; cost: number }>(
    `SELECT count(*)::int AS jobs, coalesce(sum(j.cost), 0)::float8 AS cost
       FROM evaluation_jobs ej JOIN jobs j ON j.id = ej.job_id WHERE ej.evaluation_id = $1 AND NOT ej.counted`,
    [id],
    'kept',
  );
  return row!;
}

/**
 * Keeps examples, makes jobs of them, for the version and for its baseline, and moves the place to go on from behind
 * them, in one transaction.
 */
export function addExamples(
  database: Database,
  evaluation: ClaimedEvaluation,
  { items, jobs, fed }: FedExamples,
): Promise<void> {
  const { id, versionId, baselineVersionId } = evaluation;
  return fenced(database, evaluation, async (query) => {
    await insertItems(query, id, items);
    await insertJobs(query, id, versionId, false, jobs);
    if (baselineVersionId) await insertJobs(query, id, baselineVersionId, true, jobs);
    await query('UPDATE evaluations SET fed = $2 WHERE id = $1', [id, fed]);
  });
}

async function insertItems(query: Query, id: string, items: FedItem[]): Promise<void> {
  const list = <T>(value: (item: FedItem) => T) => items.map(value);
  await query(
    `INSERT INTO evaluation_items (evaluation_id, tenant_id, place, line, expected, group_name, slice)
     SELECT e.id, e.tenant_id, g.* FROM evaluations e,
            unnest($2::int[], $3::int[], $4::json[], $5::text[], $6::json[]) AS g (place, line, expected, group_name, slice)
      WHERE e.id = $1`,
    [
      id,
      list((item) => item.place),
      list((item) => item.line),
      list((item) => JSON.stringify(item.expected)),
      list((item) => item.group),
      list((item) => item.slice && JSON.stringify(item.slice)),
    ],
  );
}

async function insertJobs(
  query: Query,
  id: string,
  versionId: string,
  ofBaseline: boolean,
  jobs: EvaluationJob[],
): Promise<void> {
  const list = <T>(value: (job: EvaluationJob) => T) => jobs.map(value);
  await query(
    `WITH given AS (
       SELECT * FROM unnest($4::uuid[], $5::json[], $6::int[], $7::int[], $8::text[]) AS g (id, inputs, items, cost, places)),
     made AS (
       INSERT INTO jobs (id, tenant_id, version_id, alias, task, parameters, metadata, priority, items, cost, deadline, source, evaluation_id)
       SELECT g.id, e.tenant_id, $2, CASE WHEN $3 THEN NULL ELSE e.alias END, e.task, e.parameters, '{}', e.priority, g.items, g.cost,
              e.deadline, 'evaluation', e.id
         FROM given g, evaluations e WHERE e.id = $1 RETURNING id, tenant_id),
     texts AS (INSERT INTO job_inputs (job_id, tenant_id, inputs) SELECT made.id, made.tenant_id, g.inputs FROM made JOIN given g USING (id))
     INSERT INTO evaluation_jobs (job_id, evaluation_id, of_baseline, places) SELECT g.id, $1, $3, g.places::int[] FROM given g`,
    [
      id,
      versionId,
      ofBaseline,
      list(() => newUuid()),
      list((job) => job.inputs),
      list((job) => job.places.length),
      list((job) => job.cost),
      // Lists of different lengths are no matrix, which is all that a list of lists could be.
      list((job) => `{${job.places.join()}}`),
    ],
  );
}
