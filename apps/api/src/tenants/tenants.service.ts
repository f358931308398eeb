import {
  changeTenantBody,
  createTenantBody,
  HeddleError,
  type Page,
  TENANT_SLUG,
  type Tenant,
  type TenantLimitsBody,
} from '@heddle/contracts';
import type { TenantEntity, TenantLimits } from '@heddle/store';
import { Inject, Injectable } from '@nestjs/common';
import { actorOf, type Caller } from '../http/auth.js';
import { Cursors } from '../http/cursor.js';
import { idempotencyOf } from '../http/fingerprint.js';
import { keyView } from '../http/key-view.js';
import { pageOf } from '../http/paging.js';
import { type Query, readQuery } from '../http/query.js';
import { validateBody } from '../http/validate.js';
import { RESOURCES, type Resources } from '../resources.js';
import { listTenantsQuery } from './operations.js';
import { tenantView } from './tenant-view.js';

const NO_LIMITS: TenantLimits = { rateLimitPerMin: null, maxQueuedItems: null };

/** All tenants of the instance, for its operators. */
@Injectable()
export class TenantsService {
  private readonly cursors: Cursors;

  constructor(@Inject(RESOURCES) private readonly resources: Resources) {
    this.cursors = new Cursors(resources.cursorSecret);
  }

  /** The tenant, with its first key unless an earlier request with this idempotency key made it (`created: false`). */
  async create(
    caller: Caller,
    body: unknown,
    idempotencyKey: string | null,
  ): Promise<{ tenant: Tenant; created: boolean }> {
    const { store, config } = this.resources;
    const { slug, name, limits, suspended } = validateBody(createTenantBody, body);
    const idempotency = idempotencyOf(idempotencyKey, body ?? {});
    const ownLimits = { ...NO_LIMITS, ...limitsOf(limits) };
    const made = await store.tenants.create(
      { createdBy: caller.tenantId, slug, name, limits: ownLimits, suspended, idempotency },
      actorOf(caller),
    );
    const tenant = await store.tenants.get(made.id);
    const shown = tenantView(tenant);
    if (!made.key) return { tenant: shown, created: false };
    const key = await store.keys.find(made.id, made.key.id);
    if (!key) throw new HeddleError('not-found', 'The first key of the tenant was deleted at once.');
    const keyShown = keyView(key, tenant, config.env.HEDDLE_RATE_LIMIT_PER_MIN);
    return { tenant: { ...shown, key: { ...keyShown, secret: made.key.secret } }, created: true };
  }

  list(query: Query): Promise<Page<Tenant>> {
    const page = readQuery(listTenantsQuery, query);
    const load = (range: { before: string | null; limit: number }) =>
      this.resources.store.tenants.list(range);
    return pageOf(this.cursors, 'tenants', page, load, tenantView);
  }

  /** Errors: `not-found`; `forbidden` when an operator would lock its own tenant out. */
  async change(caller: Caller, slug: string, body: unknown): Promise<Tenant> {
    const { store } = this.resources;
    const { id } = await this.find(slug);
    const { name, limits, suspended } = validateBody(changeTenantBody, body);
    if (suspended && id === caller.tenantId)
      throw new HeddleError('forbidden', 'The tenant of this key cannot be suspended.');
    const change = {
      ...(name === undefined ? {} : { name }),
      ...(limits === undefined ? {} : { limits: limitsOf(limits) }),
      ...(suspended === undefined ? {} : { suspended }),
    };
    if (!(await store.tenants.change(slug, change, actorOf(caller)))) throw noSuchTenant();
    return tenantView(await store.tenants.get(id));
  }

  private async find(slug: string): Promise<TenantEntity> {
    const tenant = TENANT_SLUG.test(slug) ? await this.resources.store.tenants.findBySlug(slug) : null;
    if (!tenant) throw noSuchTenant();
    return tenant;
  }
}

/** The limits that a body names. */
function limitsOf(body: TenantLimitsBody): Partial<TenantLimits> {
  const { rate_limit_per_min: rate, max_queued_items_per_tenant: items } = body;
  return {
    ...(rate === undefined ? {} : { rateLimitPerMin: rate }),
    ...(items === undefined ? {} : { maxQueuedItems: items }),
  };
}

function noSuchTenant(): HeddleError {
  return new HeddleError('not-found', 'There is no such tenant.');
}
