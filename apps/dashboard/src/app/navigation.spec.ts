import { expect, it } from 'vitest';
import { destinationOf } from './navigation.js';

it('a path belongs to the destination it begins with', () => {
  expect(['/', '/jobs', '/jobs/job_1', '/jobsx', '/x'].map((path) => destinationOf(path)?.label)).toEqual([
    'Overview',
    'Jobs',
    'Jobs',
    undefined,
    undefined,
  ]);
});
