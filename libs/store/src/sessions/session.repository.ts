import { newUuid, toPublicId } from '@heddle/contracts';
import type { Actor } from '../audit/audit.entity.js';
import { recordChange } from '../audit/record.js';
import type { Access } from '../database/database.js';
import { SMALL_ROWS_BATCH } from '../jobs/retention.js';
import type { LiveKey } from '../keys/api-key.entity.js';
import { hashOf } from '../keys/issue.js';
import { LIVE_KEY, WORKS } from '../keys/live.js';
import type { LiveSession, SessionTimes } from './session.entity.js';

/** Sessions that a key has at a time; a new one ends the oldest beyond. */
const MAX_SESSIONS_PER_KEY = 100;
/** The time of a session's last request is kept to this, in seconds, or to a part of the time that it may be idle. */
const USE_KEPT_S = 60;
const USE_KEPT_PART = 0.1;

interface SessionRow extends LiveKey {
  sessionId: string;
  endsAt: Date;
  sessionUseIsStale: boolean;
}

/** Sessions by their secrets, which exist in the browsers alone. */
export class SessionRepository {
  constructor(private readonly access: Access) {}

  /**
   * Begins a session of the key with that secret; null where no such key works, for whatever reason. The lookups are by hash
   * and the same for every text, so their duration says nothing of how much of a guess was right.
   */
  async create(
    keySecret: string,
    sessionSecret: string,
    { maxS }: SessionTimes,
    requestId: string,
  ): Promise<{ tenantId: string; keyId: string } | null> {
    return this.access.system.transaction(async (query) => {
      const [made] = await query<{ tenantId: string; keyId: string; keyName: string; expiresAt: Date }>(
        `WITH live AS (SELECT k.id, k.tenant_id, k.name, k.expires_at FROM api_keys k JOIN tenants t ON t.id = k.tenant_id
                        WHERE k.hash = $1 AND ${WORKS} AND t.suspended_at IS NULL),
              made AS (INSERT INTO sessions (id, tenant_id, key_id, hash, expires_at)
                       SELECT $2, tenant_id, id, $3, least(expires_at, now() + make_interval(secs => $4)) FROM live
                       RETURNING expires_at)
         SELECT live.tenant_id AS "tenantId", live.id AS "keyId", live.name AS "keyName", made.expires_at AS "expiresAt"
           FROM live, made`,
        [hashOf(keySecret), newUuid(), hashOf(sessionSecret), maxS],
      );
      if (!made) return null;
      const { tenantId, keyId, keyName, expiresAt } = made;
      await query(
        `DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE key_id = $1 ORDER BY id DESC OFFSET $2)`,
        [keyId, MAX_SESSIONS_PER_KEY],
      );
      const actor = { key: { id: keyId, tenantId }, name: keyName, requestId };
      await recordChange(query, actor, {
        tenantId,
        action: 'session.create',
        object: toPublicId('key', keyId),
        before: null,
        after: { expires_at: expiresAt.toISOString() },
      });
      return { tenantId, keyId };
    });
  }

  /** The session of a secret; null where there is none, or it, its key or its tenant does not go on. */
  async findLive(secret: string, { idleS }: SessionTimes): Promise<LiveSession | null> {
    const keptS = Math.min(USE_KEPT_S, idleS * USE_KEPT_PART);
    const [row] = await this.access.system.query<SessionRow>(
      `SELECT s.id AS "sessionId", s.expires_at AS "endsAt", s.last_used_at < now() - make_interval(secs => $3) AS "sessionUseIsStale",
              ${LIVE_KEY}
         FROM sessions s JOIN api_keys k ON k.id = s.key_id JOIN tenants t ON t.id = k.tenant_id
        WHERE s.hash = $1 AND s.expires_at > now() AND s.last_used_at > now() - make_interval(secs => $2)
          AND ${WORKS} AND t.suspended_at IS NULL`,
      [hashOf(secret), idleS, keptS],
    );
    if (!row) return null;
    const { sessionId, endsAt, sessionUseIsStale, ...key } = row;
    return { id: sessionId, key, expiresAt: endsAt, useIsStale: sessionUseIsStale };
  }

  /** Writes down that a session was used just now. */
  async noteUse(tenantId: string, id: string): Promise<void> {
    await this.access.tenant(tenantId).query('UPDATE sessions SET last_used_at = now() WHERE id = $1', [id]);
  }

  /** Ends a session; nothing where it has ended. */
  async remove(tenantId: string, id: string, actor: Actor): Promise<void> {
    await this.access.tenant(tenantId).transaction(async (query) => {
      const [ended] = await query<{ keyId: string; expiresAt: Date }>(
        'DELETE FROM sessions WHERE id = $1 RETURNING key_id AS "keyId", expires_at AS "expiresAt"',
        [id],
      );
      if (!ended) return;
      await recordChange(query, actor, {
        tenantId,
        action: 'session.delete',
        object: toPublicId('key', ended.keyId),
        before: { expires_at: ended.expiresAt.toISOString() },
        after: null,
      });
    });
  }

  /** Forgets some sessions that have come to their end. Returns how many. */
  async removeExpired(): Promise<number> {
    const rows = await this.access.system.query(
      `DELETE FROM sessions WHERE id IN (
         SELECT id FROM sessions WHERE expires_at <= now() ORDER BY expires_at LIMIT ${SMALL_ROWS_BATCH} FOR UPDATE SKIP LOCKED)
       RETURNING id`,
    );
    return rows.length;
  }
}
