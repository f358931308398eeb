import { expect, it } from 'vitest';
import { mayAny } from './scopes.js';

it('any of the scopes is enough, and manage implies read', () => {
  expect(mayAny(['infer'], ['infer', 'read'])).toBe(true);
  expect(mayAny(['manage'], ['read'])).toBe(true);
  expect(mayAny(['infer', 'operate'], ['read'])).toBe(false);
  expect(mayAny([], ['infer'])).toBe(false);
  expect(mayAny(['infer', 'read', 'manage'], [])).toBe(false);
});
