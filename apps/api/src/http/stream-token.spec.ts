import { randomBytes } from 'node:crypto';
import { newUuid } from '@heddle/contracts';
import { expect, it } from 'vitest';
import { StreamTokens } from './stream-token.js';

const tokens = new StreamTokens(randomBytes(32));
const caller = { tenantId: newUuid(), keyId: newUuid(), rateLimitPerMin: 600 };
const job = newUuid();
const NOW = 1_800_000_000_000;

it('are good for ten minutes and one job', () => {
  const token = tokens.issue(caller, job, NOW);
  expect(tokens.callerOf(token, job, NOW)).toEqual(caller);
  expect(tokens.callerOf(token, job, NOW + 599_999)).toEqual(caller);
  expect(tokens.callerOf(token, job, NOW + 600_000)).toBeNull();
  expect(tokens.callerOf(token, newUuid(), NOW)).toBeNull();
  expect(new StreamTokens(randomBytes(32)).callerOf(token, job, NOW)).toBeNull();
});

it('cannot be changed in any bit, cut or padded', () => {
  const bytes = Buffer.from(tokens.issue(caller, job, NOW), 'base64url');
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const changed = Buffer.from(bytes);
    changed[bit >> 3]! ^= 1 << (bit & 7);
    expect(tokens.callerOf(changed.toString('base64url'), job, NOW)).toBeNull();
  }
  const token = bytes.toString('base64url');
  for (const wrong of ['', token.slice(1), `${token}A`, `${token}=`, ` ${token}`, token.slice(0, -1)])
    expect(tokens.callerOf(wrong, job, NOW)).toBeNull();
});

it('keep the rate of their key, or that it has none', () => {
  for (const rateLimitPerMin of [1, 1_000_000, null]) {
    const unlike = { ...caller, rateLimitPerMin };
    expect(tokens.callerOf(tokens.issue(unlike, job, NOW), job, NOW)).toEqual(unlike);
  }
});
