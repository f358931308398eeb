import type { CreateOptions, RequestOptions } from '../http/call.js';
import { segment } from '../http/call.js';
import { Pages } from '../http/pages.js';
import type { Transport } from '../http/transport.js';
import type { ApiKey, BodyOf, FilterOf } from '../types.js';

export class Keys {
  constructor(private readonly transport: Transport) {}

  /** The answer has the `secret`, this once. */
  create(body: BodyOf<'createKey'>, options: CreateOptions = {}): Promise<ApiKey> {
    return this.transport.json({ method: 'POST', path: '/v1/keys', body, creates: true }, options);
  }

  list(filter: FilterOf<'listKeys'> = {}, options: RequestOptions = {}): Pages<ApiKey> {
    return new Pages(this.transport, '/v1/keys', filter, options);
  }

  /** Within a second, and for ever. */
  delete(id: string, options: RequestOptions = {}): Promise<void> {
    return this.transport.json({ method: 'DELETE', path: `/v1/keys/${segment(id)}` }, options);
  }
}
