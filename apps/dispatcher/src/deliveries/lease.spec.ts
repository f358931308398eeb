import { newUuid } from '@heddle/contracts';
import { expect, it } from 'vitest';
import { databaseNow, leaseLeftMs, mayBegin } from './lease.js';

it('tells the time by the database, and what is left of the lease by this process', () => {
  const claimedAt = new Date('2020-02-02T02:02:02.000Z');
  const held = {
    id: newUuid(),
    tenantId: newUuid(),
    attempt: 1,
    failures: 0,
    eventId: newUuid(),
    objectId: newUuid(),
    endpointId: null,
    url: 'https://example.com/',
    claimedAt,
    since: performance.now() - 30_000,
  };
  expect(Math.abs(databaseNow(held).getTime() - claimedAt.getTime() - 30_000)).toBeLessThan(1_000);
  expect(leaseLeftMs(held)).toBeGreaterThan(9_000);
  expect(leaseLeftMs(held)).toBeLessThanOrEqual(10_000);
  // An exchange takes 15 s.
  expect(mayBegin(held)).toBe(false);
  expect(mayBegin({ ...held, since: performance.now() - 20_000 })).toBe(true);
});
