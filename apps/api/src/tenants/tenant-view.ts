import type { Tenant } from '@heddle/contracts';
import type { TenantEntity } from '@heddle/store';

/** A tenant as the API shows it, with the limits that were set for it. */
export function tenantView(tenant: TenantEntity): Tenant {
  return {
    object: 'tenant',
    slug: tenant.slug,
    name: tenant.name,
    limits: {
      rate_limit_per_min: tenant.rateLimitPerMin,
      max_queued_items_per_tenant: tenant.maxQueuedItems,
    },
    suspended: tenant.suspendedAt !== null,
    created_at: tenant.createdAt.toISOString(),
  };
}
