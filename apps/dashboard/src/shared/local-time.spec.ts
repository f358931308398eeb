import { expect, it } from 'vitest';
import { fromLocalField, toLocalField } from './local-time.js';

it('a time goes into a field of the reader’s zone and comes back', () => {
  const time = new Date(2026, 2, 1, 13, 5);
  expect(toLocalField(time)).toBe('2026-03-01T13:05');
  expect(fromLocalField(toLocalField(time))).toBe(time.toISOString());
});
