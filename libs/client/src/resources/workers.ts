import type { RequestOptions } from '../http/call.js';
import { segment } from '../http/call.js';
import { Pages } from '../http/pages.js';
import type { Transport } from '../http/transport.js';
import type { FilterOf, Worker } from '../types.js';

/** For operators. */
export class Workers {
  constructor(private readonly transport: Transport) {}

  get(id: string, options: RequestOptions = {}): Promise<Worker> {
    return this.transport.json({ method: 'GET', path: `/v1/workers/${segment(id)}` }, options);
  }

  list(filter: FilterOf<'listWorkers'> = {}, options: RequestOptions = {}): Pages<Worker> {
    return new Pages(this.transport, '/v1/workers', filter, options);
  }

  /** Has it end once it has done what it holds. */
  drain(id: string, options: RequestOptions = {}): Promise<Worker> {
    const path = `/v1/workers/${segment(id)}/drain`;
    return this.transport.json({ method: 'POST', path, body: {} }, options);
  }
}
