import { expect, it } from 'vitest';
import { promotedTarget, targetOf } from './alias-target.js';

const ALIAS = {
  version: 'ver_1',
  canary: {
    version: 'ver_2',
    version_number: 2,
    percent: 10,
    rollback: { max_error_rate: 0.1, min_jobs: 50 },
    since: '2026-01-01T00:00:00.000Z',
  },
  shadow: { version: 'ver_3', version_number: 3 },
};

it('an alias as it is keeps its canary with its rule, and its shadow', () => {
  expect(targetOf(ALIAS)).toEqual({
    version: 'ver_1',
    canary: { version: 'ver_2', percent: 10, rollback: { max_error_rate: 0.1, min_jobs: 50 } },
    shadow: 'ver_3',
  });
  expect(targetOf({ version: 'ver_1', canary: null, shadow: null })).toEqual({ version: 'ver_1' });
});

it('a promotion ends trials, a trial leaves the other one', () => {
  expect(promotedTarget(ALIAS, 'ver_4', 'all', 25)).toEqual({ version: 'ver_4' });
  expect(promotedTarget(ALIAS, 'ver_4', 'canary', 25)).toEqual({
    version: 'ver_1',
    canary: { version: 'ver_4', percent: 25 },
    shadow: 'ver_3',
  });
  expect(promotedTarget(ALIAS, 'ver_4', 'shadow', 25)).toMatchObject({
    version: 'ver_1',
    canary: { version: 'ver_2' },
    shadow: 'ver_4',
  });
  expect(promotedTarget(undefined, 'ver_4', 'canary', 25)).toEqual({ version: 'ver_4' });
});
