import type { Actor } from '../audit/audit.entity.js';
import type { Access } from '../database/database.js';
import type { Idempotency } from '../database/idempotency.js';
import * as again from './again.js';
import * as claims from './claim.js';
import type { DeliveryRecord } from './delivery.entity.js';
import { type DeliveryFilter, listDeliveries } from './read.js';
import { openRecord, type RecordOutcome } from './record.js';

/** How events are sent, and went. */
export class DeliveryRepository {
  readonly record: RecordOutcome;

  constructor(private readonly access: Access) {
    this.record = openRecord(access.system);
  }

  claim = (slots: claims.Slots, leaseMs: number) =>
    claims.claimDeliveries(this.access.system, slots, leaseMs);
  release = (held: { id: string; attempt: number }[]) => claims.releaseDeliveries(this.access.system, held);
  giveBackSilent = () => claims.giveBackSilent(this.access.system);
  untilDueMs = () => claims.untilDueMs(this.access.system);
  backlog = () => claims.deliveryBacklog(this.access.system);

  list = (tenantId: string, filter: DeliveryFilter, page: { before: string | null; limit: number }) =>
    listDeliveries(this.access.tenant(tenantId), tenantId, filter, page);
  retry = (tenantId: string, id: string) => again.retryDelivery(this.access.tenant(tenantId), tenantId, id);
  replay = (tenantId: string, endpointId: string, replay: again.Replay, actor: Actor) =>
    again.replayDeliveries(this.access.tenant(tenantId), tenantId, endpointId, replay, actor);
  test = (tenantId: string, endpointId: string, idempotency: Idempotency | null) =>
    again.testWebhook(this.access.tenant(tenantId), tenantId, endpointId, idempotency);

  async find(tenantId: string, id: string): Promise<DeliveryRecord | null> {
    const [found] = await listDeliveries(
      this.access.tenant(tenantId),
      tenantId,
      {},
      { before: null, limit: 1 },
      id,
    );
    return found ?? null;
  }
}
