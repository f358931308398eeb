import { expect, it } from 'vitest';
import { changesOf } from './changes.js';

it('what has changed is told field by field, what has not is left out', () => {
  expect(
    changesOf({ name: 'a', limits: { rate: 1 }, kept: [1] }, { name: 'b', limits: { rate: 2 }, kept: [1] }),
  ).toEqual([
    { field: 'name', before: 'a', after: 'b' },
    { field: 'limits', before: { rate: 1 }, after: { rate: 2 } },
  ]);
});

it('all of what was made or removed is told', () => {
  expect(changesOf(null, { name: 'a', expires_at: null })).toEqual([
    { field: 'name', before: undefined, after: 'a' },
  ]);
  expect(changesOf({ name: 'a' }, null)).toEqual([{ field: 'name', before: 'a', after: undefined }]);
  expect(changesOf(null, null)).toEqual([]);
});
