import { z } from 'zod';
import { apiKey, rateLimit } from './keys.js';
import { LIMITS } from './limits.js';
import { pageOf, timestamp } from './shapes.js';
import { nameText } from './text.js';

/** Name of a tenant, whose keys, jobs, files and models are apart from those of others. */
export const TENANT_SLUG = /^[a-z0-9][a-z0-9-]{1,38}$/;

/** Limits that an operator sets for one tenant; null is the instance's. */
const limits = z.strictObject({
  rate_limit_per_min: rateLimit.nullable().optional(),
  max_queued_items_per_tenant: z.int().min(1).max(LIMITS.maxTenantQueuedItems).nullable().optional(),
});
export type TenantLimitsBody = z.infer<typeof limits>;

/** Body of `POST /v1/tenants`. */
export const createTenantBody = z.strictObject({
  slug: z.string().regex(TENANT_SLUG, 'lower-case letters, digits and "-", 2 to 39'),
  name: nameText,
  limits: limits.default({}),
  suspended: z.boolean().default(false),
});

/** Body of `PATCH /v1/tenants/{slug}`; what is absent stays. */
export const changeTenantBody = z.strictObject({
  name: nameText.optional(),
  limits: limits.optional(),
  suspended: z.boolean().optional(),
});

/** A tenant as the API shows it to operators. */
export const tenant = z
  .strictObject({
    object: z.literal('tenant'),
    slug: z.string().regex(TENANT_SLUG),
    name: z.string(),
    limits: z
      .strictObject({
        rate_limit_per_min: z.int().nullable(),
        max_queued_items_per_tenant: z.int().nullable(),
      })
      .describe('As set for it; null is the instance’s.'),
    suspended: z.boolean(),
    created_at: timestamp,
    key: apiKey
      .exactOptional()
      .describe('With its secret, in the answer that made the tenant and nowhere else.'),
  })
  .meta({ id: 'Tenant' });
export type Tenant = z.infer<typeof tenant>;
export const tenantPage = pageOf('TenantPage', tenant);
