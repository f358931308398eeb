import type { Actor } from '../audit/audit.entity.js';
import type { Access } from '../database/database.js';
import { changeWebhook, removeWebhook } from './change.js';
import { createWebhook } from './create.js';
import * as secrets from './secrets.js';
import {
  type NewWebhook,
  WEBHOOK_COLUMNS,
  type WebhookChange,
  type WebhookRecord,
} from './webhook.entity.js';

/** Endpoints of tenants, and what is signed with. */
export class WebhookRepository {
  constructor(private readonly access: Access) {}

  create = (webhook: NewWebhook, actor: Actor) =>
    createWebhook(this.access.tenant(webhook.tenantId), webhook, actor);
  change = (tenantId: string, id: string, change: WebhookChange, actor: Actor) =>
    changeWebhook(this.access.tenant(tenantId), tenantId, id, change, actor);
  remove = (tenantId: string, id: string, actor: Actor) =>
    removeWebhook(this.access.tenant(tenantId), tenantId, id, actor);

  defaultSecret = (tenantId: string, fresh: string) =>
    secrets.defaultSecret(this.access.tenant(tenantId), tenantId, fresh);
  rotateSecret = (
    tenantId: string,
    endpointId: string | null,
    next: { secret: string; graceS: number },
    actor: Actor,
  ) => secrets.rotateSecret(this.access.tenant(tenantId), tenantId, endpointId, next, actor);
  secretsOf = (endpointIds: string[], tenantIds: string[]) =>
    secrets.secretsOf(this.access.system, endpointIds, tenantIds);

  /** Newest first, older than `before`; only that of `id` when given. */
  list(
    tenantId: string,
    page: { before: string | null; limit: number },
    id: string | null = null,
  ): Promise<WebhookRecord[]> {
    return this.access.tenant(tenantId).query<WebhookRecord>(
      `SELECT ${WEBHOOK_COLUMNS} FROM webhook_endpoints e
        WHERE e.tenant_id = $1 AND e.deleted_at IS NULL AND ($2::uuid IS NULL OR e.id < $2) AND ($4::uuid IS NULL OR e.id = $4)
        ORDER BY e.id DESC LIMIT $3`,
      [tenantId, page.before, page.limit, id],
    );
  }

  async find(tenantId: string, id: string): Promise<WebhookRecord | null> {
    return (await this.list(tenantId, { before: null, limit: 1 }, id))[0] ?? null;
  }

  /** What an idempotency key made; null where there is none. */
  async findByKey(tenantId: string, key: string): Promise<{ id: string; requestHash: Buffer } | null> {
    const [found] = await this.access
      .tenant(tenantId)
      .query<{ id: string; requestHash: Buffer }>(
        'SELECT id, request_hash AS "requestHash" FROM webhook_endpoints WHERE tenant_id = $1 AND idempotency_key = $2',
        [tenantId, key],
      );
    return found ?? null;
  }
}
