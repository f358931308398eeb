import { expect, it } from 'vitest';
import { newSecret } from './secrets.js';

it('makes secrets of 32 random bytes', () => {
  const [one, other] = [newSecret(), newSecret()];
  expect(one).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  expect(one).not.toBe(other);
});
