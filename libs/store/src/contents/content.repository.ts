import type { Database } from '../database/database.js';
import type { Query } from '../database/statement.js';

/** Whether a row names the content $1. Unfinished versions count: their files are on the way into the store. */
const REFERENCED = `
  EXISTS (SELECT 1 FROM files WHERE sha256 = $1)
  OR EXISTS (SELECT 1 FROM versions v, json_each(v.manifest -> 'files') f
              WHERE v.manifest IS NOT NULL AND v.deleted_at IS NULL AND f.value ->> 'sha256' = $1)`;
/** Removals of one call: with a bucket each is a request. */
const CALL_LIMIT = 1_000;

/** Contents of the artefact store as the database knows them: counted by the rows that name them. */
export class ContentRepository {
  constructor(private readonly database: Database) {}

  /** Notes contents that were put into the store for nothing. */
  async note(digests: string[]): Promise<void> {
    await this.database.transaction((query) => noteRemovals(query, digests));
  }

  /** Which of these digests no row names. */
  async unreferencedAmong(digests: string[]): Promise<string[]> {
    const rows = await this.database.query<{ sha256: string }>(
      `SELECT asked.sha256 FROM unnest($1::text[]) AS asked (sha256)
        WHERE NOT EXISTS (SELECT 1 FROM files f WHERE f.sha256 = asked.sha256)
          AND asked.sha256 NOT IN (SELECT f.value ->> 'sha256' FROM versions v, json_each(v.manifest -> 'files') f
                                    WHERE v.manifest IS NOT NULL AND v.deleted_at IS NULL)`,
      [digests],
    );
    return rows.map(({ sha256 }) => sha256);
  }

  /**
   * Removes the noted contents that no row names any more, one after the other, as long as `goesOn`; not where a request
   * waits for it, for the store may be slow. Whoever makes a row name a content holds the same lock, so a content is
   * either seen as named here, or is gone before it is put again. What somebody else holds is left for the next time.
   * Returns those that were looked at, `removed` or named by a row again; some may be left when there were a thousand.
   */
  async removeUnreferenced(
    remove: (sha256: string) => Promise<void>,
    goesOn: () => boolean = () => true,
  ): Promise<{ sha256: string; removed: boolean }[]> {
    const settled: { sha256: string; removed: boolean }[] = [];
    const noted = await this.database.query<{ sha256: string }>(
      `SELECT sha256 FROM content_removals ORDER BY since LIMIT ${CALL_LIMIT}`,
    );
    for (const { sha256 } of noted) {
      if (!goesOn()) break;
      const removed = await this.database.transaction((query) => removeOne(query, sha256, remove));
      if (removed !== null) settled.push({ sha256, removed });
    }
    return settled;
  }
}

/** Whether it was removed, or is named after all; null where somebody else holds it or has done it. */
async function removeOne(
  query: Query,
  sha256: string,
  remove: (sha256: string) => Promise<void>,
): Promise<boolean | null> {
  const [lock] = await query<{ held: boolean }>(
    "SELECT pg_try_advisory_xact_lock(hashtextextended('content ' || $1, 0)) AS held",
    [sha256],
  );
  if (!lock!.held) return null;
  const [noted] = await query<{ referenced: boolean }>(
    `SELECT ${REFERENCED} AS referenced FROM content_removals WHERE content_removals.sha256 = $1`,
    [sha256],
  );
  // Another process has done it meanwhile.
  if (!noted) return null;
  if (!noted.referenced) await remove(sha256);
  await query('DELETE FROM content_removals WHERE sha256 = $1', [sha256]);
  return !noted.referenced;
}

/** Held by a transaction that makes a row name these contents, before it does, and by their removal. */
export async function lockContents(query: Query, digests: string[]): Promise<void> {
  // One order for everybody, so that two transactions never wait for each other.
  const sorted = [...new Set(digests)].sort();
  await query(
    "SELECT pg_advisory_xact_lock(hashtextextended('content ' || sha256, 0)) FROM unnest($1::text[]) AS sha256",
    [sorted],
  );
}

/** Notes contents that have lost a reference, in the transaction that took it away. */
export async function noteRemovals(query: Query, digests: string[]): Promise<void> {
  if (digests.length === 0) return;
  await query(
    'INSERT INTO content_removals (sha256) SELECT DISTINCT unnest($1::text[]) ON CONFLICT (sha256) DO NOTHING',
    [digests],
  );
}
