import { type ApiKeyScope, isApiKey } from '@heddle/contracts';
import { IsNull, LessThan } from 'typeorm';
import { type Actor, LOCAL } from '../audit/audit.entity.js';
import type { Access } from '../database/database.js';
import { ApiKeyEntity, type LiveKey, type NewKey } from './api-key.entity.js';
import { hashOf, issueKey, revokeKeys } from './issue.js';
import { LIVE_KEY, USE_IS_STALE, WORKS } from './live.js';

export class ApiKeyRepository {
  constructor(private readonly access: Access) {}

  issue = (key: NewKey, actor: Actor) => issueKey(this.access.tenant(key.tenantId), key, actor);

  /** As `issue`, of a key without an end for a command on this machine: returns the secret. */
  async create(
    tenantId: string,
    name: string,
    scopes: ApiKeyScope[],
    rateLimitPerMin: number | null = null,
  ): Promise<string> {
    const key = { tenantId, name, scopes, rateLimitPerMin, expiresAt: null, idempotency: null };
    const { secret } = await this.issue(key, LOCAL);
    return secret!;
  }

  /**
   * The live key of a secret, or null. The lookup is by hash, so its duration says nothing about how much
   * of a guessed secret was right.
   */
  async authenticate(secret: string): Promise<LiveKey | null> {
    return isApiKey(secret) ? this.live('k.hash = $1', hashOf(secret)) : null;
  }

  /** The live key of an id, whatever its tenant, or null. */
  findLive(id: string): Promise<LiveKey | null> {
    return this.live('k.id = $1', id);
  }

  /** Writes down that a key was used, unless that was done lately. */
  async noteUse(tenantId: string, id: string): Promise<void> {
    await this.access
      .tenant(tenantId)
      .query(`UPDATE api_keys k SET last_used_at = now() WHERE k.id = $1 AND ${USE_IS_STALE}`, [id]);
  }

  /** Keys that were not revoked, newest first, older than `before`. */
  list(tenantId: string, page: { before: string | null; limit: number }): Promise<ApiKeyEntity[]> {
    const older = page.before === null ? {} : { id: LessThan(page.before) };
    return this.access.tenant(tenantId).entities(ApiKeyEntity, (repository) =>
      repository.find({
        where: { tenantId, revokedAt: IsNull(), ...older },
        order: { id: 'DESC' },
        take: page.limit,
      }),
    );
  }

  find(tenantId: string, id: string): Promise<ApiKeyEntity | null> {
    return this.access
      .tenant(tenantId)
      .entities(ApiKeyEntity, (repository) => repository.findOneBy({ tenantId, id, revokedAt: IsNull() }));
  }

  /** The key that an idempotency key made, with what was asked for then; null where there is none. */
  async findByKey(tenantId: string, key: string): Promise<{ id: string; requestHash: Buffer } | null> {
    const [found] = await this.access
      .tenant(tenantId)
      .query<{ id: string; requestHash: Buffer }>(
        'SELECT id, request_hash AS "requestHash" FROM api_keys WHERE tenant_id = $1 AND idempotency_key = $2',
        [tenantId, key],
      );
    return found ?? null;
  }

  /** Whether the tenant has a key of that name that still works. */
  exists(tenantId: string, name: string): Promise<boolean> {
    return this.access
      .tenant(tenantId)
      .entities(ApiKeyEntity, (repository) => repository.existsBy({ tenantId, name, revokedAt: IsNull() }));
  }

  /** Takes a key out of service for ever; false when the tenant has none of that id. */
  async remove(tenantId: string, id: string, actor: Actor): Promise<boolean> {
    return (await revokeKeys(this.access.tenant(tenantId), tenantId, { id }, actor)) > 0;
  }

  /** Takes every key of that name out of service. */
  async revoke(tenantId: string, name: string): Promise<void> {
    await revokeKeys(this.access.tenant(tenantId), tenantId, { name }, LOCAL);
  }

  private async live(condition: string, value: Buffer | string): Promise<LiveKey | null> {
    const [key] = await this.access.system.query<LiveKey>(
      `SELECT ${LIVE_KEY} FROM api_keys k JOIN tenants t ON t.id = k.tenant_id WHERE ${condition} AND ${WORKS}`,
      [value],
    );
    return key ?? null;
  }
}
