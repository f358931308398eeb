import type { ErrorCode } from '@heddle/contracts';
import type { Database } from '../database/database.js';
import { CHANGED_JOB, jobEvents } from '../events/emit.js';
import { HISTORY_ON_RETURN } from './history.js';

/** Attempts that may end without an answer, and of those the ones that may take an inference child down. */
export const MAX_ATTEMPTS = 5;
export const MAX_CRASHES = 3;

/** Why a running job goes back: a drain costs nothing; the others count against the limits. */
export type ReturnReason = 'drained' | 'lost' | 'worker-crashed' | 'inference-timeout' | 'model-unavailable';

/** Rows a sweep handles at once: small enough for the statement timeout. A full sweep is to be repeated. */
export const SWEEP_LIMIT = 1_000;

/** What happens to a running job `j` that returns with reason `reason`: it is queued again, or fails for good. */
const GIVE_BACK = (reason: string, until: string) => `
  UPDATE jobs j SET
    state = CASE WHEN ${until} THEN 'failed' ELSE 'queued' END,
    sequence = j.sequence + 1, epoch = j.epoch + 1, dispatched_at = NULL, lease_until = NULL, worker_id = NULL,
    lost = j.lost + CASE WHEN ${reason} IN ('lost', 'model-unavailable') THEN 1 ELSE 0 END,
    crashes = j.crashes + CASE WHEN ${reason} IN ('worker-crashed', 'inference-timeout') THEN 1 ELSE 0 END,
    failed = CASE WHEN ${until} THEN j.items ELSE 0 END,
    history = CASE WHEN ${until} THEN j.history ELSE ${HISTORY_ON_RETURN} END,
    completed_at = CASE WHEN ${until} THEN now() END,
    error = CASE WHEN ${until} THEN json_build_object(
      'code', CASE WHEN ${reason} = 'lost' THEN 'attempts-exhausted' ELSE ${reason} END,
      'message', CASE ${reason}
        WHEN 'lost' THEN 'Every worker that took this job was lost before it answered.'
        WHEN 'worker-crashed' THEN 'The inference process crashed each time it ran this job.'
        WHEN 'inference-timeout' THEN 'The forward pass did not end in time.'
        ELSE 'The model could not be loaded.' END,
      'retryable', ${reason} NOT IN ('worker-crashed'), 'attempt', j.attempt) END`;

/** True when the limits are used up by this return. */
const EXHAUSTED = (reason: string) => `(
  (${reason} IN ('worker-crashed', 'inference-timeout') AND j.crashes + 1 >= ${MAX_CRASHES})
  OR (${reason} <> 'drained' AND j.lost + j.crashes + 1 >= ${MAX_ATTEMPTS}))`;

/** Of the jobs that return: those that have ended so. */
const FAILED = "c.state = 'failed'";

/** Gives running jobs of a worker back; fenced by attempt and worker. Returns which are queued again and which have failed. */
export async function giveBack(
  database: Database,
  jobs: { id: string; attempt: number }[],
  reason: ReturnReason,
  workerId: string,
): Promise<{ queued: string[]; failed: string[] }> {
  const rows = await database.query<{ id: string; state: string }>(
    `WITH given AS (
       ${GIVE_BACK('$3::text', EXHAUSTED('$3::text'))}
         FROM unnest($1::uuid[], $2::int[]) AS held (id, attempt)
        WHERE j.id = held.id AND j.attempt = held.attempt AND j.worker_id = $4 AND j.state = 'running'
        RETURNING j.id, ${CHANGED_JOB}),
     ${jobEvents('given', FAILED)}
     SELECT id, state FROM given`,
    [jobs.map((job) => job.id), jobs.map((job) => job.attempt), reason, workerId],
  );
  return split(rows);
}

/** Seconds after which a silent worker has lost what it holds, whatever its leases say: six missed heartbeats. */
const WORKER_GONE_S = 30;

/** Ends the leases of workers that were killed or cut off; those that have removed themselves hold none. Returns how many. */
export async function endLeasesOfGoneWorkers(database: Database): Promise<number> {
  const rows = await database.query(
    `UPDATE jobs SET lease_until = now() WHERE state = 'running' AND lease_until > now() AND worker_id IN (
       SELECT id FROM workers WHERE heartbeat_at < now() - make_interval(secs => ${WORKER_GONE_S})) RETURNING id`,
    [],
    'kept',
  );
  return rows.length;
}

/** Gives back jobs whose worker has been silent beyond its lease. */
export async function giveBackExpiredLeases(
  database: Database,
): Promise<{ queued: string[]; failed: string[] }> {
  const rows = await database.query<{ id: string; state: string }>(
    `WITH silent AS (SELECT id FROM jobs WHERE state = 'running' AND lease_until < now()
                      ORDER BY lease_until LIMIT ${SWEEP_LIMIT} FOR UPDATE SKIP LOCKED),
     given AS (
       ${GIVE_BACK("'lost'", EXHAUSTED("'lost'"))} FROM silent WHERE j.id = silent.id RETURNING j.id, ${CHANGED_JOB}),
     ${jobEvents('given', FAILED)}
     SELECT id, state FROM given`,
  );
  return split(rows);
}

/** Milliseconds until an unfinished job misses its deadline, negative when one has; null when none is unfinished. */
export async function untilDeadlineMs(database: Database): Promise<number | null> {
  const [row] = await database.query<{ ms: number | null }>(
    `SELECT (extract(epoch FROM min(deadline) - now()) * 1000)::float8 AS ms FROM jobs WHERE completed_at IS NULL`,
    [],
    'kept',
  );
  return row!.ms;
}

/** Ends jobs that did not make their deadline. */
export async function expireOverdue(database: Database): Promise<string[]> {
  const code: ErrorCode = 'deadline-exceeded';
  const rows = await database.query<{ id: string }>(
    `WITH overdue AS (SELECT id FROM jobs WHERE completed_at IS NULL AND deadline < now()
                       ORDER BY deadline LIMIT ${SWEEP_LIMIT} FOR UPDATE SKIP LOCKED),
     expired AS (
     UPDATE jobs j SET state = 'expired', sequence = j.sequence + 1, completed_at = now(), lease_until = NULL, worker_id = NULL,
            error = json_build_object('code', '${code}', 'message', 'The job did not end before its deadline.',
                                      'retryable', true, 'attempt', j.attempt)
       FROM overdue WHERE j.id = overdue.id RETURNING j.id, ${CHANGED_JOB}),
     ${jobEvents('expired')}
     SELECT id FROM expired`,
    [],
    'kept',
  );
  return rows.map((row) => row.id);
}

/**
 * Entries of a version that should be in the queue: dispatched, not yet claimed, and older than `graceMs`. All of
 * them, read in pages: a window holds some thousands.
 */
export async function dispatchedEntries(
  database: Database,
  versionId: string,
  graceMs: number,
): Promise<{ id: string; epoch: number }[]> {
  const entries: { id: string; epoch: number }[] = [];
  for (;;) {
    const page = await database.query<{ id: string; epoch: number }>(
      `SELECT id, epoch FROM jobs WHERE version_id = $1 AND state = 'queued' AND ($3::uuid IS NULL OR id > $3)
          AND dispatched_at < now() - make_interval(secs => $2 / 1000.0) ORDER BY id LIMIT ${SWEEP_LIMIT}`,
      [versionId, graceMs, entries.at(-1)?.id ?? null],
    );
    entries.push(...page);
    if (page.length < SWEEP_LIMIT) return entries;
  }
}

/** Versions with jobs that were dispatched and not yet claimed. */
export async function versionsInWindow(database: Database): Promise<string[]> {
  const rows = await database.query<{ id: string }>(
    `SELECT v.id FROM versions v WHERE EXISTS (SELECT 1 FROM jobs j
       WHERE j.version_id = v.id AND j.state IN ('queued', 'running') AND j.dispatched_at IS NOT NULL)`,
  );
  return rows.map((row) => row.id);
}

/** Takes entries the queue has lost out of the window: a new epoch, to be dispatched again. */
export async function undispatch(
  database: Database,
  entries: { id: string; epoch: number }[],
): Promise<number> {
  const rows = await database.query(
    `UPDATE jobs j SET dispatched_at = NULL, epoch = j.epoch + 1 FROM unnest($1::uuid[], $2::int[]) AS entry (id, epoch)
      WHERE j.id = entry.id AND j.epoch = entry.epoch AND j.state = 'queued' AND j.dispatched_at IS NOT NULL RETURNING j.id`,
    [entries.map((entry) => entry.id), entries.map((entry) => entry.epoch)],
  );
  return rows.length;
}

/** After the queue was lost as a whole: every unclaimed dispatch gets a new epoch. Running jobs keep their leases. */
export async function undispatchAll(database: Database): Promise<number> {
  const rows = await database.query(
    `UPDATE jobs SET dispatched_at = NULL, epoch = epoch + 1 WHERE state = 'queued' AND dispatched_at IS NOT NULL RETURNING id`,
  );
  return rows.length;
}

function split(rows: { id: string; state: string }[]): { queued: string[]; failed: string[] } {
  const of = (state: string) => rows.filter((row) => row.state === state).map((row) => row.id);
  return { queued: of('queued'), failed: of('failed') };
}
