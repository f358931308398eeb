import type { RequestOptions } from '../http/call.js';
import { segment } from '../http/call.js';
import { Pages } from '../http/pages.js';
import type { Transport } from '../http/transport.js';
import type { FilterOf, Queue } from '../types.js';

/** What waits for each version, `ver_…`. */
export class Queues {
  constructor(private readonly transport: Transport) {}

  list(filter: FilterOf<'listQueues'> = {}, options: RequestOptions = {}): Pages<Queue> {
    return new Pages(this.transport, '/v1/queues', filter, options);
  }

  /** Jobs are accepted on, and stay queued. */
  pause(version: string, options: RequestOptions = {}): Promise<Queue> {
    const path = `/v1/queues/${segment(version)}/pause`;
    return this.transport.json({ method: 'POST', path, body: {} }, options);
  }

  resume(version: string, options: RequestOptions = {}): Promise<Queue> {
    const path = `/v1/queues/${segment(version)}/resume`;
    return this.transport.json({ method: 'POST', path, body: {} }, options);
  }
}
