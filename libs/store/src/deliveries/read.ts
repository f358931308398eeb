import type { DeliveryStatus, EventType } from '@heddle/contracts';
import type { Database } from '../database/database.js';
import type { DeliveryRecord } from './delivery.entity.js';

export interface DeliveryFilter {
  endpointId?: string;
  eventType?: EventType;
  status?: DeliveryStatus;
  /** What the events tell of: a job or a batch. */
  objectId?: string;
  /** Nothing fits. */
  none?: boolean;
}

const ATTEMPTS = `(SELECT coalesce(json_agg(json_build_object('number', a.number, 'at', a.at, 'durationMs', a.duration_ms,
    'statusCode', a.status_code, 'error', a.error, 'responseExcerpt', a.response_excerpt) ORDER BY a.number), '[]'::json)
  FROM webhook_attempts a WHERE a.delivery_id = d.id)`;

/** Newest first, older than `before`. */
export function listDeliveries(
  database: Database,
  tenantId: string,
  filter: DeliveryFilter,
  page: { before: string | null; limit: number },
  id: string | null = null,
): Promise<DeliveryRecord[]> {
  const parameters: unknown[] = [tenantId, page.limit];
  const conditions = ['d.tenant_id = $1'];
  const add = (value: unknown, condition: (parameter: string) => string) => {
    if (value === undefined || value === null) return;
    parameters.push(value);
    conditions.push(condition(`$${parameters.length}`));
  };
  add(id, (p) => `d.id = ${p}::uuid`);
  add(page.before, (p) => `d.id < ${p}::uuid`);
  add(filter.endpointId, (p) => `d.endpoint_id = ${p}::uuid`);
  add(filter.eventType, (p) => `d.event_type = ${p}`);
  add(filter.status, (p) => `d.status = ${p}`);
  add(
    filter.objectId,
    (p) => `d.event_id IN (SELECT v.id FROM webhook_events v WHERE v.object_id = ${p}::uuid)`,
  );
  if (filter.none) conditions.push('false');
  return database.query<DeliveryRecord>(
    `SELECT d.id, d.endpoint_id AS "endpointId", d.event_id AS "eventId", d.event_type AS "eventType",
            coalesce(d.url, e.url) AS url, d.status, d.attempt, d.next_attempt_at AS "nextAttemptAt",
            d.created_at AS "createdAt", d.delivered_at AS "deliveredAt", ${ATTEMPTS} AS attempts
       FROM webhook_deliveries d LEFT JOIN webhook_endpoints e ON e.id = d.endpoint_id
      WHERE ${conditions.join(' AND ')} ORDER BY d.id DESC LIMIT $2`,
    parameters,
  );
}
