import { toPublicId, type Webhook } from '@heddle/contracts';
import type { WebhookRecord } from '@heddle/store';

/** An endpoint as the API shows it. */
export function webhookView(record: WebhookRecord): Webhook {
  return {
    id: toPublicId('webhook', record.id),
    object: 'webhook',
    url: record.url,
    events: record.events,
    description: record.description,
    enabled: record.enabled,
    disabled_reason: record.disabledReason,
    max_in_flight: record.maxInFlight,
    created_at: record.createdAt.toISOString(),
    last_success_at: record.lastSuccessAt?.toISOString() ?? null,
    last_failure_at: record.lastFailureAt?.toISOString() ?? null,
    consecutive_failures: record.consecutiveFailures,
  };
}
