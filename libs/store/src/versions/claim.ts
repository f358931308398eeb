import type { ErrorCode, ImportProgress } from '@heddle/contracts';
import { noteRemovals } from '../contents/content.repository.js';
import type { Database } from '../database/database.js';
import { emit } from '../events/emit.js';
import { type ClaimedImport, type ImportFence, UNFINISHED } from './version.entity.js';

/** Attempts of an import that may end with their worker; then it is the checkpoint that kills workers. */
export const MAX_IMPORT_ATTEMPTS = 3;

/** Whether version `v` has an owner that fell silent. */
const SILENT = `v.status IN (${UNFINISHED}) AND v.lease_until < now()`;

/** The oldest import that nobody holds, for this worker from now on; null when there is none. */
export async function claimImport(
  database: Database,
  worker: { id: string; leaseMs: number },
): Promise<ClaimedImport | null> {
  const [claimed] = await database.query<ClaimedImport>(
    `WITH next AS (
       SELECT id FROM versions v WHERE v.status IN (${UNFINISHED}) AND (v.lease_until IS NULL OR v.lease_until < now())
          AND v.lost + (v.lease_until IS NOT NULL)::int < ${MAX_IMPORT_ATTEMPTS}
        ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)
     UPDATE versions v SET status = 'importing', percent = 0, attempt = v.attempt + 1, worker_id = $1,
            lost = v.lost + (v.lease_until IS NOT NULL)::int, lease_until = now() + make_interval(secs => $2 / 1000.0)
       FROM next WHERE v.id = next.id
     RETURNING v.id, v.attempt, v.request,
       (SELECT coalesce(json_agg(json_build_object('filename', f.filename, 'sha256', f.sha256, 'bytes', f.bytes)
                                 ORDER BY array_position(v.source_files, f.id)), '[]'::json)
          FROM files f WHERE f.id = ANY (v.source_files)) AS files`,
    [worker.id, worker.leaseMs],
  );
  return claimed ?? null;
}

/** Shows how far an import is and extends its lease. False when it is not this attempt's any more. */
export async function keepImport(
  database: Database,
  { id, attempt }: ImportFence,
  { stage, percent }: ImportProgress,
  leaseMs: number,
): Promise<boolean> {
  const rows = await database.query(
    `UPDATE versions v SET status = $3, percent = $4, lease_until = now() + make_interval(secs => $5 / 1000.0)
      WHERE v.id = $1 AND v.attempt = $2 AND v.status IN (${UNFINISHED}) RETURNING v.id`,
    [id, attempt, stage, percent, leaseMs],
  );
  return rows.length > 0;
}

/** Gives an import back: at once after a drain, and counted as an attempt that ended with its worker after a crash. */
export async function giveImportBack(
  database: Database,
  { id, attempt }: ImportFence,
  reason: 'drained' | 'crashed',
): Promise<void> {
  await database.query(
    `UPDATE versions v SET status = 'importing', percent = 0, worker_id = NULL,
            lease_until = CASE WHEN $3 = 'crashed' THEN now() - interval '1 second' END
      WHERE v.id = $1 AND v.attempt = $2 AND v.status IN (${UNFINISHED})`,
    [id, attempt, reason],
  );
}

/** Fails imports that have ended with their worker as often as they may. Returns their ids. */
export async function failLostImports(database: Database): Promise<string[]> {
  const code: ErrorCode = 'worker-crashed';
  return database.transaction(async (query) => {
    const rows = await query<{ id: string; tenantId: string; contents: string[] }>(
      `WITH lost AS (SELECT v.id, v.manifest FROM versions v WHERE ${SILENT} AND v.lost + 1 >= ${MAX_IMPORT_ATTEMPTS}
                      FOR UPDATE SKIP LOCKED)
       UPDATE versions v SET status = 'failed', lost = v.lost + 1, lease_until = NULL, worker_id = NULL, manifest = NULL,
              error = json_build_object('code', '${code}', 'message', 'Every worker that took this import ended with it.')
         FROM lost WHERE v.id = lost.id
       RETURNING v.id, v.tenant_id AS "tenantId", ARRAY(SELECT f.value ->> 'sha256' FROM json_each(lost.manifest -> 'files') f) AS contents`,
    );
    await noteRemovals(
      query,
      rows.flatMap((row) => row.contents),
    );
    await emit(
      query,
      rows.map(({ id, tenantId }) => ({ tenantId, type: 'version.failed', objectId: id })),
    );
    return rows.map((row) => row.id);
  });
}
