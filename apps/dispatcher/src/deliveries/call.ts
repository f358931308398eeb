import { randomBytes } from 'node:crypto';
import { toPublicId } from '@heddle/contracts';
import { type Exchange, signatures, type WebhookClient } from '@heddle/webhooks';
import { databaseNow } from './lease.js';
import type { PreparedDelivery } from './prepare.js';

/** A delivery and what its receiver answered. */
export interface AnsweredDelivery extends PreparedDelivery {
  exchange: Exchange;
}

/** Sends one, signed now. Rejects when `signal` aborts: what came of it is then not known. */
export async function call(
  client: WebhookClient,
  prepared: PreparedDelivery,
  signal: AbortSignal,
): Promise<AnsweredDelivery> {
  const { claimed, body, traceparent, secrets } = prepared;
  const id = toPublicId('event', claimed.eventId);
  const timestamp = databaseNow(claimed);
  const headers = {
    'content-type': 'application/json',
    'user-agent': 'Heddle-Webhooks/1',
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(timestamp.getTime() / 1000)),
    'webhook-signature': signatures({ id, timestamp, body }, secrets),
    traceparent: traceparent ?? traceOf(claimed.objectId),
  };
  return { ...prepared, exchange: await client.post(claimed.url, headers, body, signal) };
}

/**
 * Where the request that made the object named no trace, all that is sent of it is one: its UUID is the id. Not sampled:
 * nobody here records it.
 */
function traceOf(objectId: string): string {
  return `00-${objectId.replaceAll('-', '')}-${randomBytes(8).toString('hex')}-00`;
}
