import type { AuditAction } from '@heddle/contracts';
import type { Access } from '../database/database.js';
import type { AuditRecord } from './audit.entity.js';

/** What has been changed and by whom; written by the repositories that change things (`recordChange`). */
export class AuditRepository {
  constructor(private readonly access: Access) {}

  /** Newest first, older than `before`; of every tenant when `tenantId` is null. */
  list(
    tenantId: string | null,
    filter: { action?: AuditAction; object?: string },
    page: { before: string | null; limit: number },
  ): Promise<AuditRecord[]> {
    const database = tenantId === null ? this.access.system : this.access.tenant(tenantId);
    return database.query<AuditRecord>(
      `SELECT e.id, e.at, e.tenant_id AS "tenantId", t.slug AS tenant, e.actor_tenant_id AS "actorTenantId",
              e.actor_key_id AS "actorKeyId", e.actor_name AS "actorName", e.action, e.object, e.before, e.after,
              e.request_id AS "requestId"
         FROM audit_entries e JOIN tenants t ON t.id = e.tenant_id
        WHERE ($1::uuid IS NULL OR e.tenant_id = $1) AND ($2::uuid IS NULL OR e.id < $2)
          AND ($3::text IS NULL OR e.action = $3) AND ($4::text IS NULL OR e.object = $4)
        ORDER BY e.id DESC LIMIT $5`,
      [tenantId, page.before, filter.action ?? null, filter.object ?? null, page.limit],
    );
  }
}
