import { expect, it } from 'vitest';
import { evaluationsSearch } from './search.js';

it('compares each run once, and only a few', () => {
  expect(evaluationsSearch({ compare: 'evl_1' })).toEqual({ compare: ['evl_1'] });
  expect(evaluationsSearch({ compare: ['a', 'b', 'a', 3, 'c', 'd', 'e', 'f', 'g'] }).compare).toEqual([
    'a',
    'b',
    'c',
    'd',
    'e',
    'f',
  ]);
  expect(evaluationsSearch({})).toEqual({});
});
