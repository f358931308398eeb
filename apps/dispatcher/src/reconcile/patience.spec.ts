import { expect, it } from 'vitest';
import { Patience } from './patience.js';

it('ends for a version after half a minute in a row', () => {
  const patience = new Patience();
  expect(patience.hasEndedFor(['a'], 0)).toEqual([]);
  expect(patience.hasEndedFor(['a', 'b'], 29_999)).toEqual([]);
  expect(patience.hasEndedFor(['a', 'b'], 30_000)).toEqual(['a']);
  expect(patience.hasEndedFor(['b'], 59_998)).toEqual([]);
  expect(patience.hasEndedFor(['a', 'b'], 60_000)).toEqual(['b']);
  expect(patience.hasEndedFor(['a', 'b'], 90_000)).toEqual(['a', 'b']);
});

it('begins anew after looks that failed', () => {
  const patience = new Patience();
  patience.hasEndedFor(['a'], 0);
  patience.beginAnew();
  expect(patience.hasEndedFor(['a'], 30_000)).toEqual([]);
  expect(patience.hasEndedFor(['a'], 60_000)).toEqual(['a']);
});
