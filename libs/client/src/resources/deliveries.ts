import type { RequestOptions } from '../http/call.js';
import { segment } from '../http/call.js';
import { Pages } from '../http/pages.js';
import type { Transport } from '../http/transport.js';
import type { Delivery, FilterOf } from '../types.js';

export class Deliveries {
  constructor(private readonly transport: Transport) {}

  get(id: string, options: RequestOptions = {}): Promise<Delivery> {
    return this.transport.json({ method: 'GET', path: `/v1/deliveries/${segment(id)}` }, options);
  }

  list(filter: FilterOf<'listDeliveries'> = {}, options: RequestOptions = {}): Pages<Delivery> {
    return new Pages(this.transport, '/v1/deliveries', filter, options);
  }

  /** Sends it again, now. Not tried again where the answer was lost. */
  retry(id: string, options: RequestOptions = {}): Promise<Delivery> {
    const path = `/v1/deliveries/${segment(id)}/retry`;
    return this.transport.json({ method: 'POST', path, body: {}, unrepeatable: true }, options);
  }
}
