import { type BatchCounts, type ErrorCode, HeddleError, newUuid } from '@heddle/contracts';
import { lockContents } from '../contents/content.repository.js';
import type { Database } from '../database/database.js';
import type { Fence } from '../database/lease.js';
import type { Query } from '../database/statement.js';
import type { EndedBatchJob, LineError } from './batch.entity.js';
import { CHANGE_TO, changeTo, fenced } from './fence.js';

/** `running → finalizing`: everything has run, the deadline has passed, or the outputs are more than they may be (`overfull`). */
export function beginFinalizing(database: Database, fence: Fence, overfull: boolean): Promise<void> {
  return fenced(database, fence, async (query) => {
    await query(`UPDATE batches SET ${CHANGE_TO('finalizing')}, overfull = $2 WHERE id = $1`, [
      fence.id,
      overfull,
    ]);
  });
}

const DAY_S = 86_400;

/** Jobs that are ended in one transaction. */
const END_LIMIT = 1_000;

/** What a job that has not ended is ended as, and why. */
const ENDS: Record<EndedAs, { code: ErrorCode; message: string; retryable: boolean } | null> = {
  canceled: null,
  expired: {
    code: 'deadline-exceeded',
    message: 'The job did not end before its deadline.',
    retryable: true,
  },
  failed: {
    code: 'output-too-large',
    message: 'The outputs of the batch are more than one may have.',
    retryable: false,
  },
};
export type EndedAs = 'canceled' | 'expired' | 'failed';

/** Ends some of the jobs of a batch that have not ended. Returns which; none when all have. */
export function endOpenJobs(database: Database, fence: Fence, state: EndedAs): Promise<string[]> {
  const error = ENDS[state];
  return fenced(database, fence, async (query) => {
    const rows = await query<{ id: string }>(
      `UPDATE jobs j SET state = $2, sequence = j.sequence + 1, completed_at = now(), lease_until = NULL, worker_id = NULL,
              failed = CASE WHEN $2 = 'failed' THEN j.items ELSE j.failed END,
              error = ($3::jsonb || jsonb_build_object('attempt', j.attempt))::json
         FROM (SELECT o.id FROM batch_jobs bj JOIN jobs o ON o.id = bj.job_id
                WHERE bj.batch_id = $1 AND NOT bj.counted AND o.completed_at IS NULL LIMIT ${END_LIMIT}) open
        WHERE j.id = open.id AND j.state IN ('queued', 'running') RETURNING j.id`,
      [fence.id, state, error && JSON.stringify(error)],
    );
    return rows.map(({ id }) => id);
  });
}

/** Jobs of a batch, all of which have ended, by id, from the one after `after`. */
export function endedJobs(
  database: Database,
  id: string,
  after: string | null,
  limit: number,
): Promise<EndedBatchJob[]> {
  return database.query(
    `SELECT j.id, bj.lines, j.state, j.error, EXISTS (SELECT 1 FROM job_results r WHERE r.job_id = j.id) AS "hasResults"
       FROM batch_jobs bj JOIN jobs j ON j.id = bj.job_id
      WHERE bj.batch_id = $1 AND ($2::uuid IS NULL OR bj.job_id > $2) ORDER BY bj.job_id LIMIT $3`,
    [id, after, limit],
  );
}

/** What a job has answered each of its items with, and what that is called, as JSON text; and how many tokens it read for it. */
export function itemsOf(
  database: Database,
  jobId: string,
): Promise<{ id: string | null; output: string | null; error: string | null; tokens: number }[]> {
  return database.query(
    `SELECT (e.value -> 'id')::text AS id, (e.value -> 'output')::text AS output, (e.value -> 'error')::text AS error, coalesce(r.tokens[e.place], 0) AS tokens
       FROM job_results r CROSS JOIN json_array_elements(r.results) WITH ORDINALITY e (value, place)
      WHERE r.job_id = $1 ORDER BY e.place`,
    [jobId],
    'kept',
  );
}

/** Lines that cannot run, in their order, from the one after `after`. */
export function lineErrors(
  database: Database,
  id: string,
  after: number,
  limit: number,
): Promise<LineError[]> {
  return database.query(
    'SELECT line, code, message FROM batch_line_errors WHERE batch_id = $1 AND line > $2 ORDER BY line LIMIT $3',
    [id, after, limit],
  );
}

/** A file that a batch has made. */
export interface MadeFile {
  purpose: 'batch_output' | 'batch_error';
  filename: string;
  sha256: string;
  bytes: number;
}

/** Makes the rows of files that nobody sees yet; their bytes may be put into the store from now on. Returns their ids. */
export function reserveFiles(
  database: Database,
  fence: Fence,
  tenantId: string,
  files: MadeFile[],
): Promise<string[]> {
  return fenced(database, fence, async (query) => {
    await lockContents(
      query,
      files.map(({ sha256 }) => sha256),
    );
    const ids = files.map(() => newUuid());
    await query(
      `INSERT INTO files (id, tenant_id, purpose, filename, bytes, sha256)
       SELECT g.id, $1, g.purpose, g.filename, g.bytes, g.sha256
         FROM unnest($2::uuid[], $3::text[], $4::text[], $5::bigint[], $6::text[]) AS g (id, purpose, filename, bytes, sha256)`,
      [
        tenantId,
        ids,
        files.map((file) => file.purpose),
        files.map((file) => file.filename),
        files.map((file) => file.bytes),
        files.map((file) => file.sha256),
      ],
    );
    return ids;
  });
}

/** How a batch has ended. */
export interface Ending {
  state: 'succeeded' | 'canceled' | 'expired';
  counts: BatchCounts;
  tokens: number;
  outputFile: string | null;
  errorFile: string | null;
  /** Seconds that the files are kept, and days of the row after them. */
  fileS: number;
  rowDays: number;
}

/**
 * `finalizing / canceling →` the end: shows the files and the state together, and forgets what the batch needed while it ran.
 * Errors: `overloaded` when the files took so long that they were given up.
 */
export function complete(database: Database, fence: Fence, ending: Ending): Promise<void> {
  const { state, counts, tokens, outputFile, errorFile, fileS, rowDays } = ending;
  const files = [outputFile, errorFile].filter((id) => id !== null);
  return fenced(database, fence, async (query) => {
    await showFiles(query, files, fileS);
    await query('DELETE FROM batch_jobs WHERE batch_id = $1', [fence.id]);
    await query('DELETE FROM batch_line_errors WHERE batch_id = $1', [fence.id]);
    await changeTo(
      query,
      state,
      fence.id,
      `completed_at = now(), expires_at = now() + make_interval(secs => $2), total = $3, succeeded = $4, failed = $5,
       canceled = $6, expired = $7, tokens = $8, output_file = $9, error_file = $10`,
      [
        fileS + rowDays * DAY_S,
        counts.total,
        counts.succeeded,
        counts.failed,
        counts.canceled,
        counts.expired,
        tokens,
        outputFile,
        errorFile,
      ],
    );
  });
}

async function showFiles(query: Query, ids: string[], seconds: number): Promise<void> {
  const shown = await query(
    `UPDATE files SET stored_at = now(), expires_at = now() + make_interval(secs => $2) WHERE id = ANY ($1) AND stored_at IS NULL
     RETURNING id`,
    [ids, seconds],
  );
  if (shown.length < ids.length) throw new HeddleError('overloaded', 'The files of the batch took too long.');
}
