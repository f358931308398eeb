import type { DisabledReason } from '@heddle/contracts';
import type { Idempotency } from '../database/idempotency.js';

/** An endpoint of a tenant. */
export interface WebhookRecord {
  id: string;
  tenantId: string;
  url: string;
  /** Types, `prefix.*`, or `*`. */
  events: string[];
  description: string;
  maxInFlight: number;
  enabled: boolean;
  disabledReason: DisabledReason | null;
  createdAt: Date;
  lastSuccessAt: Date | null;
  lastFailureAt: Date | null;
  consecutiveFailures: number;
}

/** An endpoint that shall be made. */
export interface NewWebhook {
  tenantId: string;
  url: string;
  events: string[];
  description: string;
  maxInFlight: number;
  secret: string;
  idempotency: Idempotency | null;
}

/** What shall be another; what is absent stays. */
export interface WebhookChange {
  url?: string;
  events?: string[];
  description?: string;
  maxInFlight?: number;
  enabled?: boolean;
}

/** Columns of endpoint `e` as a `WebhookRecord`. */
export const WEBHOOK_COLUMNS = `e.id, e.tenant_id AS "tenantId", e.url, e.events, e.description,
  e.max_in_flight AS "maxInFlight", e.enabled, e.disabled_reason AS "disabledReason", e.created_at AS "createdAt",
  e.last_success_at AS "lastSuccessAt", e.last_failure_at AS "lastFailureAt",
  e.consecutive_failures AS "consecutiveFailures"`;

/** Of an endpoint, for the audit log. */
export function shownWebhook(webhook: WebhookRecord | NewWebhook): Record<string, unknown> {
  return {
    url: webhook.url,
    events: webhook.events,
    description: webhook.description,
    max_in_flight: webhook.maxInFlight,
    enabled: 'enabled' in webhook ? webhook.enabled : true,
  };
}
