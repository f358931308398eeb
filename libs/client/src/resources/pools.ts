import type { RequestOptions } from '../http/call.js';
import { segment } from '../http/call.js';
import { Pages } from '../http/pages.js';
import type { Transport } from '../http/transport.js';
import type { Pool } from '../types.js';

/** Pools of workers, by name. For operators. */
export class Pools {
  constructor(private readonly transport: Transport) {}

  get(name: string, options: RequestOptions = {}): Promise<Pool> {
    return this.transport.json({ method: 'GET', path: `/v1/pools/${segment(name)}` }, options);
  }

  list(options: RequestOptions = {}): Pages<Pool> {
    return new Pages(this.transport, '/v1/pools', {}, options);
  }
}
