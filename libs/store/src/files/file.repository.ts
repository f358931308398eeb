import { HeddleError, newUuid } from '@heddle/contracts';
import { lockContents, noteRemovals } from '../contents/content.repository.js';
import type { Access } from '../database/database.js';
import { assertSameRequest, inProgress, orInProgress } from '../database/idempotency.js';
import { UNFINISHED } from '../versions/version.entity.js';
import type { FileFilter, FilePage, FileQuota, FileRecord, NewFile } from './file.entity.js';
import { assertWithin, roomFor } from './quota.js';

/** An upload that has not been stored within this time never will be: its process has died. */
const STORING_S = 3_600;
/** Files of one round of the sweep. */
const SWEEP_LIMIT = 100;

const COLUMNS = `f.id, f.purpose, f.label, f.dialect, f.filename, f.bytes::float8 AS bytes, f.sha256, f.created_at AS "createdAt",
  f.expires_at AS "expiresAt"`;
/** A file that its owner sees. */
const VISIBLE = 'f.stored_at IS NOT NULL AND (f.expires_at IS NULL OR f.expires_at > now())';
const NEEDED = `EXISTS (SELECT 1 FROM versions v WHERE v.source_files @> ARRAY[f.id]
  AND v.status IN (${UNFINISHED})) OR EXISTS (SELECT 1 FROM batches b WHERE b.file_id = f.id AND b.completed_at IS NULL)
  OR EXISTS (SELECT 1 FROM evaluations e WHERE e.file_id = f.id AND e.completed_at IS NULL)`;

export class FileRepository {
  constructor(private readonly access: Access) {}

  /**
   * Bytes that an upload may have, as things stand before it is read. Throws `quota-exceeded` when there is no room for
   * any; `reserve` has the last word.
   */
  room(tenantId: string, quota: FileQuota, idempotencyKey: string | null): Promise<number> {
    return this.access
      .tenant(tenantId)
      .transaction((query) => roomFor(query, tenantId, quota, idempotencyKey));
  }

  /**
   * Makes a file that nobody sees yet; its bytes may be put into the store from now on. The same idempotency key
   * returns the file that exists (`created: false`).
   * Errors: `idempotency-key-reused`, `idempotency-in-progress`, `quota-exceeded`.
   */
  async reserve(file: NewFile): Promise<{ id: string; created: boolean }> {
    const { idempotency } = file;
    return orInProgress(idempotency, () =>
      this.access.tenant(file.tenantId).transaction(async (query) => {
        await lockContents(query, [file.sha256]);
        const [inserted] = await query<{ id: string }>(
          `INSERT INTO files (id, tenant_id, purpose, filename, bytes, sha256, expires_at, idempotency_key, request_hash, label, dialect)
           VALUES ($1, $2, $3, $4, $5, $6, now() + make_interval(secs => $7), $8, $9, $10, $11)
           ON CONFLICT (tenant_id, idempotency_key) WHERE idempotency_key IS NOT NULL DO NOTHING RETURNING id`,
          [
            newUuid(),
            file.tenantId,
            file.purpose,
            file.filename,
            file.bytes,
            file.sha256,
            file.expiresInS,
            idempotency?.key ?? null,
            idempotency?.requestHash ?? null,
            file.label ?? null,
            file.dialect ? JSON.stringify(file.dialect) : null,
          ],
        );
        if (inserted) {
          if (file.quota) await assertWithin(query, file.tenantId, file.quota);
          return { id: inserted.id, created: true };
        }
        const [existing] = await query<{ id: string; request_hash: Buffer; stored: boolean }>(
          `SELECT id, request_hash, stored_at IS NOT NULL AS stored FROM files WHERE tenant_id = $1 AND idempotency_key = $2`,
          [file.tenantId, idempotency!.key],
        );
        if (existing) assertSameRequest(existing.request_hash, idempotency!);
        if (!existing?.stored) throw inProgress();
        return { id: existing.id, created: false };
      }),
    );
  }

  /** Shows a reserved file: its bytes are in the store. */
  async markStored(tenantId: string, id: string): Promise<void> {
    const rows = await this.access
      .tenant(tenantId)
      .query('UPDATE files SET stored_at = now() WHERE id = $1 RETURNING id', [id]);
    if (rows.length === 0) throw new HeddleError('overloaded', 'The upload took too long; try again.');
  }

  /** Takes a reservation back. */
  async discard(tenantId: string, id: string): Promise<void> {
    await this.access.tenant(tenantId).transaction(async (query, system) => {
      const rows = await query<{ sha256: string }>('DELETE FROM files WHERE id = $1 RETURNING sha256', [id]);
      await noteRemovals(
        system,
        rows.map((row) => row.sha256),
      );
    });
  }

  /** The files of these ids that the tenant sees, in no order. */
  findMany(tenantId: string, ids: string[]): Promise<FileRecord[]> {
    return this.access
      .tenant(tenantId)
      .query<FileRecord>(
        `SELECT ${COLUMNS} FROM files f WHERE f.tenant_id = $1 AND f.id = ANY ($2) AND ${VISIBLE}`,
        [tenantId, ids],
      );
  }

  /** Newest first unless the page says otherwise. */
  list(tenantId: string, { purposes, label }: FileFilter, page: FilePage): Promise<FileRecord[]> {
    const { before, limit, oldestFirst = false } = page;
    return this.access.tenant(tenantId).query<FileRecord>(
      `SELECT ${COLUMNS} FROM files f WHERE f.tenant_id = $1 AND ${VISIBLE}
          AND ($2::uuid IS NULL OR f.id ${oldestFirst ? '>' : '<'} $2) AND ($3::text[] IS NULL OR f.purpose = ANY ($3))
          AND ($4::text IS NULL OR f.label = $4) ORDER BY f.id ${oldestFirst ? '' : 'DESC'} LIMIT $5`,
      [tenantId, before, purposes ?? null, label ?? null, limit],
    );
  }

  /** False when the tenant has no such file. Throws `in-use` while an unfinished import, batch or evaluation needs it. */
  async remove(tenantId: string, id: string): Promise<boolean> {
    return this.access.tenant(tenantId).transaction(async (query, system) => {
      // The row lock keeps imports that are being requested out (they take it for share).
      const [file] = await query<{ sha256: string }>(
        `SELECT f.sha256 FROM files f WHERE f.tenant_id = $1 AND f.id = $2 AND ${VISIBLE} FOR UPDATE`,
        [tenantId, id],
      );
      if (!file) return false;
      const needed = await query(`SELECT 1 FROM files f WHERE f.id = $1 AND (${NEEDED})`, [id]);
      if (needed.length > 0)
        throw new HeddleError(
          'in-use',
          'An import, a batch or an evaluation that has not ended needs this file.',
        );
      await query('DELETE FROM files WHERE id = $1', [id]);
      await noteRemovals(system, [file.sha256]);
      return true;
    });
  }

  /** Removes files that have expired, unless an unfinished import, batch or evaluation needs them, and uploads that died. */
  async sweep(): Promise<number> {
    return this.access.system.transaction(async (query) => {
      const due = await query<{ id: string }>(
        `SELECT f.id FROM files f
          WHERE (f.expires_at < now() OR (f.stored_at IS NULL AND f.created_at < now() - make_interval(secs => $1)))
            AND NOT (${NEEDED}) LIMIT ${SWEEP_LIMIT} FOR UPDATE SKIP LOCKED`,
        [STORING_S],
      );
      // Asked again under the row locks: what has come to need a file while it was chosen is seen now.
      const rows = await query<{ sha256: string }>(
        `DELETE FROM files f WHERE f.id = ANY ($1) AND NOT (${NEEDED}) RETURNING f.sha256`,
        [due.map(({ id }) => id)],
      );
      await noteRemovals(
        query,
        rows.map((row) => row.sha256),
      );
      return rows.length;
    });
  }
}
