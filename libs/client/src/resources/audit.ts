import type { RequestOptions } from '../http/call.js';
import { Pages } from '../http/pages.js';
import type { Transport } from '../http/transport.js';
import type { AuditEntry, FilterOf } from '../types.js';

/** What was changed, by whom. */
export class Audit {
  constructor(private readonly transport: Transport) {}

  list(filter: FilterOf<'listAudit'> = {}, options: RequestOptions = {}): Pages<AuditEntry> {
    return new Pages(this.transport, '/v1/audit', filter, options);
  }
}
