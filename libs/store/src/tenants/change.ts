import type { Actor } from '../audit/audit.entity.js';
import { recordChange } from '../audit/record.js';
import type { Database } from '../database/database.js';
import type { TenantChange, TenantLimits } from './tenant.entity.js';

type Changeable = TenantLimits & { name: string; suspended: boolean };

/** Changes a tenant; false when there is none of that slug. The sessions of one that is suspended end. */
export async function changeTenant(
  database: Database,
  slug: string,
  change: TenantChange,
  actor: Actor,
): Promise<boolean> {
  return database.transaction(async (query) => {
    const [found] = await query<Changeable & { id: string }>(
      `SELECT id, name, rate_limit_per_min AS "rateLimitPerMin", max_queued_items AS "maxQueuedItems",
              suspended_at IS NOT NULL AS suspended FROM tenants WHERE slug = $1 FOR UPDATE`,
      [slug],
    );
    if (!found) return false;
    const { limits, ...rest } = change;
    const now: Changeable = { ...found, ...rest, ...limits };
    await query(
      `UPDATE tenants SET name = $2, rate_limit_per_min = $3, max_queued_items = $4,
              suspended_at = CASE WHEN $5 THEN coalesce(suspended_at, now()) END WHERE id = $1`,
      [found.id, now.name, now.rateLimitPerMin, now.maxQueuedItems, now.suspended],
    );
    if (now.suspended) await query('DELETE FROM sessions WHERE tenant_id = $1', [found.id]);
    await recordChange(query, actor, {
      tenantId: found.id,
      action: 'tenant.update',
      object: slug,
      before: shownTenant(found),
      after: shownTenant(now),
    });
    return true;
  });
}

/** Of a tenant, for the audit log. */
export function shownTenant(tenant: Changeable): Record<string, unknown> {
  return {
    name: tenant.name,
    rate_limit_per_min: tenant.rateLimitPerMin,
    max_queued_items_per_tenant: tenant.maxQueuedItems,
    suspended: tenant.suspended,
  };
}
