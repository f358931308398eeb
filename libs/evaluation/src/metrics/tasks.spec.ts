import { isMetric, METRICS } from '@heddle/contracts';
import { describe, expect, it } from 'vitest';
import type { Kind } from './metric.js';
import { METRICS_BY_TASK } from './tasks.js';

describe('metrics', () => {
  it('are those that the contract names', () => {
    const kinds = Object.values(METRICS_BY_TASK).flatMap((one) =>
      'create' in one ? [one as Kind] : Object.values(one),
    );
    const names = kinds.flatMap(({ allowed }) => allowed);
    expect([...new Set(names)].sort()).toEqual([...METRICS].sort());
    for (const { defaults } of kinds) for (const name of defaults) expect(isMetric(name)).toBe(true);
  });

  it.each(['ndcg@1', 'ndcg@1000', 'ndcg', 'map'])('%s is one', (name) => expect(isMetric(name)).toBe(true));
  it.each(['', 'ndcg@k', 'ndcg@0', 'ndcg@1001', 'map@10', 'recall', 'accuracy@10', 'Accuracy'])(
    '%j is none',
    (name) => expect(isMetric(name)).toBe(false),
  );
});
