import { randomBytes } from 'node:crypto';
import { newUuid } from '@heddle/contracts';
import { expect, it } from 'vitest';
import { StreamTokens } from './stream-token.js';

const tokens = new StreamTokens(randomBytes(32));
const key = newUuid();
const job = newUuid();
const NOW = 1_800_000_000_000;

it('are good for ten minutes and one job', () => {
  const token = tokens.issue(key, job, NOW);
  expect(tokens.keyOf(token, job, NOW)).toBe(key);
  expect(tokens.keyOf(token, job, NOW + 599_999)).toBe(key);
  expect(tokens.keyOf(token, job, NOW + 600_000)).toBeNull();
  expect(tokens.keyOf(token, newUuid(), NOW)).toBeNull();
  expect(new StreamTokens(randomBytes(32)).keyOf(token, job, NOW)).toBeNull();
});

it('cannot be changed in any bit, cut or padded', () => {
  const bytes = Buffer.from(tokens.issue(key, job, NOW), 'base64url');
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const changed = Buffer.from(bytes);
    changed[bit >> 3]! ^= 1 << (bit & 7);
    expect(tokens.keyOf(changed.toString('base64url'), job, NOW)).toBeNull();
  }
  const token = bytes.toString('base64url');
  for (const wrong of ['', token.slice(1), `${token}A`, `${token}=`, ` ${token}`, token.slice(0, -1)])
    expect(tokens.keyOf(wrong, job, NOW)).toBeNull();
});
