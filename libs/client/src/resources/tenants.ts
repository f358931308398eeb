import type { CreateOptions, RequestOptions } from '../http/call.js';
import { segment } from '../http/call.js';
import { Pages } from '../http/pages.js';
import type { Transport } from '../http/transport.js';
import type { BodyOf, FilterOf, Tenant } from '../types.js';

/** For operators. */
export class Tenants {
  constructor(private readonly transport: Transport) {}

  /** The answer has the tenant's first key, this once. */
  create(body: BodyOf<'createTenant'>, options: CreateOptions = {}): Promise<Tenant> {
    return this.transport.json({ method: 'POST', path: '/v1/tenants', body, creates: true }, options);
  }

  list(filter: FilterOf<'listTenants'> = {}, options: RequestOptions = {}): Pages<Tenant> {
    return new Pages(this.transport, '/v1/tenants', filter, options);
  }

  /** Renames, limits or suspends it. */
  update(slug: string, body: BodyOf<'updateTenant'>, options: RequestOptions = {}): Promise<Tenant> {
    return this.transport.json({ method: 'PATCH', path: `/v1/tenants/${segment(slug)}`, body }, options);
  }
}
