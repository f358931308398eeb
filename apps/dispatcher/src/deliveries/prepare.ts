import type { Store } from '@heddle/store';
import { newSecret } from '@heddle/webhooks';
import { renderBody } from './body.js';
import type { HeldDelivery } from './lease.js';

/** A delivery with all that its attempt sends. */
export interface PreparedDelivery {
  claimed: HeldDelivery;
  /** The text that is sent, the same in every attempt. */
  body: string;
  traceparent: string | null;
  /** What it is signed with, newest first. */
  secrets: string[];
}

/**
 * Makes the bodies that are not there yet, keeps them, and reads the secrets. A delivery is left out whose body cannot be
 * kept just now, or whose endpoint was deleted: it is to be given back.
 */
export async function prepare(store: Store, claimed: HeldDelivery[]): Promise<PreparedDelivery[]> {
  const eventIds = [...new Set(claimed.map(({ eventId }) => eventId))];
  const sources = await store.events.sources(eventIds);
  const made = sources.map((source) => ({
    id: source.id,
    body: renderBody(source),
    erased: source.erased,
  }));
  const bodies = await store.events.keepBodies(eventIds, made);
  const secrets = await secretsOf(store, claimed);
  return claimed.flatMap((delivery) => {
    const kept = bodies.get(delivery.eventId);
    const own = secrets.get(delivery.endpointId ?? delivery.tenantId);
    return kept === undefined || own === undefined ? [] : [{ claimed: delivery, ...kept, secrets: own }];
  });
}

/** By endpoint, and by tenant for URLs of jobs. */
async function secretsOf(store: Store, claimed: HeldDelivery[]): Promise<Map<string, string[]>> {
  const endpoints = claimed.flatMap(({ endpointId }) => endpointId ?? []);
  const tenants = claimed.flatMap(({ endpointId, tenantId }) => (endpointId === null ? tenantId : []));
  const secrets = await store.webhooks.secretsOf(unique(endpoints), unique(tenants));
  for (const tenantId of unique(tenants)) {
    if (secrets.has(tenantId)) continue;
    const { secret } = await store.webhooks.defaultSecret(tenantId, newSecret());
    secrets.set(tenantId, [secret]);
  }
  return secrets;
}

function unique(ids: string[]): string[] {
  return [...new Set(ids)];
}
