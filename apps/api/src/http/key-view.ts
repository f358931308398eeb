import { type ApiKey, toPublicId } from '@heddle/contracts';
import type { ApiKeyEntity, TenantLimits } from '@heddle/store';
import { rateLimitOf } from './rate-limit.js';

/** A key as the API shows it, with the rate that holds for it. */
export function keyView(key: ApiKeyEntity, tenant: TenantLimits, instanceLimit: number): ApiKey {
  return {
    id: toPublicId('key', key.id),
    object: 'key',
    name: key.name,
    prefix: key.prefix,
    scopes: key.scopes,
    rate_limit_per_min: rateLimitOf(key.rateLimitPerMin, tenant.rateLimitPerMin, instanceLimit),
    created_at: key.createdAt.toISOString(),
    expires_at: key.expiresAt?.toISOString() ?? null,
    last_used_at: key.lastUsedAt?.toISOString() ?? null,
  };
}
