import { newUuid } from '@heddle/contracts';
import { ONES_FAULT } from '../batches/collect.js';
import { itemsOf } from '../batches/finish.js';
import type { Database } from '../database/database.js';
import type { Fence } from '../database/lease.js';
import type { Answered, FedItem } from './evaluation.entity.js';
import { fenced } from './fence.js';
import { RESULT_TTL_S } from './work.js';

/** A job of an evaluation that has ended, and whose answers are not in its items yet. */
export interface EndedEvaluationJob {
  id: string;
  /** In the order of its items. */
  places: number[];
  ofBaseline: boolean;
  state: 'succeeded' | 'failed' | 'canceled' | 'expired';
  error: { code: string; message: string } | null;
  hasResults: boolean;
  /** It failed as a whole, and one of its items may be alone to blame. */
  divisible: boolean;
}

export function endedJobs(database: Database, id: string, limit: number): Promise<EndedEvaluationJob[]> {
  return database.query<EndedEvaluationJob>(
    `SELECT j.id, ej.places, ej.of_baseline AS "ofBaseline", j.state, j.error, r.job_id IS NOT NULL AS "hasResults",
            j.items > 1 AND j.failed > 0 AND (coalesce(j.error ->> 'code', '') = ANY ($2) OR coalesce(r.no_room, false)) AS divisible
       FROM evaluation_jobs ej JOIN jobs j ON j.id = ej.job_id LEFT JOIN job_results r ON r.job_id = j.id
      WHERE ej.evaluation_id = $1 AND NOT ej.counted AND j.completed_at IS NOT NULL LIMIT $3`,
    [id, [...ONES_FAULT], limit],
    'kept',
  );
}

/** What a job has answered each of its items with, as JSON text. */
export function answersOf(
  database: Database,
  jobId: string,
): Promise<{ output: string | null; error: string | null }[]> {
  return itemsOf(database, jobId);
}

/** Examples in the order of `places`. */
export function itemsAt(database: Database, id: string, places: number[]): Promise<FedItem[]> {
  return database.query<FedItem>(
    `SELECT i.place, i.line, i.expected, i.group_name AS "group", i.slice
       FROM unnest($2::int[]) WITH ORDINALITY AS g (place, nth)
       JOIN evaluation_items i ON i.evaluation_id = $1 AND i.place = g.place ORDER BY g.nth`,
    [id, places],
  );
}

/**
 * Keeps the answers of a job that has ended, once, and what it took; its own data may go then. Returns the bytes of all answers
 * that are kept, as JSON; null where those of the job were.
 */
export function keepAnswers(
  database: Database,
  fence: Fence,
  job: Pick<EndedEvaluationJob, 'id' | 'ofBaseline'>,
  answered: Answered[],
): Promise<number | null> {
  const list = <T>(value: (one: Answered) => T) => answered.map(value);
  const failed = answered.filter(({ output }) => output === null).length;
  const bytes = answered.reduce((sum, { output }) => sum + Buffer.byteLength(output ?? ''), 0);
  return fenced(database, fence, async (query) => {
    const counted = await query(
      `UPDATE evaluation_jobs ej SET counted = true, completed_at = j.completed_at,
              tokens = coalesce((j.usage ->> 'tokens')::int, 0), padded_tokens = coalesce((j.usage ->> 'padded_tokens')::int, 0),
              inference_ms = coalesce((j.timing ->> 'inference_ms')::float8, 0)
         FROM jobs j WHERE ej.job_id = $1 AND j.id = ej.job_id AND NOT ej.counted RETURNING ej.job_id`,
      [job.id],
    );
    if (counted.length === 0) return null;
    const given = 'unnest($2::int[], $3::json[], $4::json[]';
    await (job.ofBaseline
      ? query(
          `UPDATE evaluation_items i SET baseline_output = g.output, baseline_error = g.error
             FROM ${given}) AS g (place, output, error) WHERE i.evaluation_id = $1 AND i.place = g.place`,
          [fence.id, list((one) => one.place), list((one) => one.output), list((one) => one.error)],
        )
      : query(
          `UPDATE evaluation_items i SET output = g.output, error = g.error, correct = g.correct, loss = g.loss
             FROM ${given}, $5::boolean[], $6::float8[]) AS g (place, output, error, correct, loss)
            WHERE i.evaluation_id = $1 AND i.place = g.place`,
          [
            fence.id,
            list((one) => one.place),
            list((one) => one.output),
            list((one) => one.error),
            list((one) => one.correct),
            list((one) => one.loss),
          ],
        ));
    const [kept] = await query<{ bytes: number }>(
      `UPDATE evaluations SET succeeded = succeeded + $2, failed = failed + $3, output_bytes = output_bytes + $4::bigint,
              sequence = sequence + 1 WHERE id = $1 RETURNING output_bytes::float8 AS bytes`,
      [fence.id, answered.length - failed, failed, bytes],
    );
    await query(`UPDATE jobs SET result_ttl_s = ${RESULT_TTL_S} WHERE id = $1`, [job.id]);
    return kept!.bytes;
  });
}

/**
 * A job of each item in place of one that failed as a whole. They come with its crashes, less one: each runs alone, and one
 * more ends it.
 */
export function divide(
  database: Database,
  fence: Fence,
  { id, places }: Pick<EndedEvaluationJob, 'id' | 'places'>,
): Promise<void> {
  const parts = `jobs j JOIN job_inputs i ON i.job_id = j.id JOIN evaluation_jobs ej ON ej.job_id = j.id
      CROSS JOIN json_array_elements(i.inputs) WITH ORDINALITY e (item, place)
      JOIN unnest($2::uuid[]) WITH ORDINALITY new (id, place) ON new.place = e.place
     WHERE j.id = $1`;
  const parameters = [id, places.map(() => newUuid())];
  return fenced(database, fence, async (query) => {
    await query(
      `INSERT INTO jobs (id, tenant_id, version_id, alias, task, parameters, metadata, priority, items, cost, deadline, source, evaluation_id, crashes)
       SELECT new.id, j.tenant_id, j.version_id, j.alias, j.task, j.parameters, j.metadata, j.priority, 1,
              greatest(1, j.cost / j.items), j.deadline, j.source, j.evaluation_id, greatest(0, j.crashes - 1) FROM ${parts}`,
      parameters,
    );
    await query(
      `INSERT INTO job_inputs (job_id, tenant_id, inputs) SELECT new.id, j.tenant_id, json_build_array(e.item) FROM ${parts}`,
      parameters,
    );
    await query(
      `INSERT INTO evaluation_jobs (job_id, evaluation_id, of_baseline, places)
       SELECT new.id, ej.evaluation_id, ej.of_baseline, ARRAY[ej.places[new.place]] FROM ${parts}`,
      parameters,
    );
    await query('DELETE FROM evaluation_jobs WHERE job_id = $1', [id]);
  });
}

/** What answering took: tokens, and seconds from the first job that was made to the last that ended. */
export interface Effort {
  tokens: number;
  paddedTokens: number;
  inferenceMs: number;
  seconds: number;
}

/** Of the version, or of its baseline. */
export async function effortOf(database: Database, id: string, ofBaseline: boolean): Promise<Effort> {
  const [row] = await database.query<Effort>(
    `SELECT coalesce(sum(tokens), 0)::float8 AS tokens, coalesce(sum(padded_tokens), 0)::float8 AS "paddedTokens",
            coalesce(sum(inference_ms), 0)::float8 AS "inferenceMs",
            coalesce(extract(epoch FROM max(completed_at) - min(created_at)), 0)::float8 AS seconds
       FROM evaluation_jobs WHERE evaluation_id = $1 AND of_baseline = $2 AND counted`,
    [id, ofBaseline],
  );
  return row!;
}
