import type { ClaimedDelivery, Store } from '@heddle/store';

/** Longer than an exchange (15 s) and the two statements around it: what is silent for so long is sent again. */
const LEASE_MS = 40_000;
/** What is left of a lease when an exchange begins, at least: it takes 15 s at most, and is written down. */
const LEAST_LEASE_MS = 17_000;

/** A delivery that this process holds, and since when: `performance.now()` shortly before the lease began. */
export interface HeldDelivery extends ClaimedDelivery {
  since: number;
}

/** Takes deliveries; null: another process does just now. */
export async function claim(
  store: Store,
  slots: Parameters<Store['deliveries']['claim']>[0],
): Promise<HeldDelivery[] | null> {
  const since = performance.now();
  const claimed = await store.deliveries.claim(slots, LEASE_MS);
  return claimed?.map((delivery) => ({ ...delivery, since })) ?? null;
}

/** Milliseconds for which nobody else sends it; below 0 when somebody may have. */
export function leaseLeftMs({ since }: HeldDelivery): number {
  return since + LEASE_MS - performance.now();
}

/** Whether an exchange that begins now ends before another process may begin one. */
export function mayBegin(held: HeldDelivery): boolean {
  return leaseLeftMs(held) >= LEAST_LEASE_MS;
}

/** Now, by the database's clock, which all processes share; ahead of it by what taking the delivery took. */
export function databaseNow({ since, claimedAt }: HeldDelivery): Date {
  return new Date(claimedAt.getTime() + performance.now() - since);
}
