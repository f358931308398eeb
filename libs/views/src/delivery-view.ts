import { type Delivery, toPublicId } from '@heddle/contracts';
import type { DeliveryRecord } from '@heddle/store';

/** A delivery as the API shows it. */
export function deliveryView(record: DeliveryRecord): Delivery {
  return {
    id: toPublicId('delivery', record.id),
    object: 'delivery',
    webhook: record.endpointId === null ? null : toPublicId('webhook', record.endpointId),
    event: toPublicId('event', record.eventId),
    event_type: record.eventType,
    url: record.url,
    status: record.status,
    attempt_count: record.attempt,
    next_attempt_at: record.nextAttemptAt?.toISOString() ?? null,
    attempts: record.attempts.map((attempt) => ({
      number: attempt.number,
      at: new Date(attempt.at).toISOString(),
      duration_ms: attempt.durationMs,
      status_code: attempt.statusCode,
      error: attempt.error,
      response_excerpt: attempt.responseExcerpt,
    })),
    created_at: record.createdAt.toISOString(),
    delivered_at: record.deliveredAt?.toISOString() ?? null,
  };
}
