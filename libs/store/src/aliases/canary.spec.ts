import { newUuid } from '@heddle/contracts';
import { expect, it } from 'vitest';
import { isCanaryJob } from './canary.js';

const TENANT = newUuid();

/** Percent of 10,000 new jobs that fall to the canary. */
function shareOf(percent: number, ids: string[]): number {
  return (ids.filter((id) => isCanaryJob(TENANT, id, percent)).length / ids.length) * 100;
}

it.each([1, 10, 25, 50, 99])('%i percent of 10,000 jobs fall to the canary, within 1.5 points', (percent) => {
  const ids = Array.from({ length: 10_000 }, newUuid);
  expect(Math.abs(shareOf(percent, ids) - percent)).toBeLessThan(1.5);
  const keys = ids.map((_, i) => `order-${i}`);
  expect(Math.abs(shareOf(percent, keys) - percent)).toBeLessThan(1.5);
});

it('always says the same of a key, other things to other tenants, and keeps those of a smaller share', () => {
  const keys = Array.from({ length: 1_000 }, (_, i) => `key ${i}`);
  const fallen = (tenant: string, percent: number) => keys.filter((key) => isCanaryJob(tenant, key, percent));
  expect(fallen(TENANT, 30)).toEqual(fallen(TENANT, 30));
  expect(fallen(newUuid(), 30)).not.toEqual(fallen(TENANT, 30));
  const larger = new Set(fallen(TENANT, 60));
  expect(fallen(TENANT, 30).every((key) => larger.has(key))).toBe(true);
});
