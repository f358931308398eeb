import type { ItemResult } from '@heddle/contracts';
import { expect, it } from 'vitest';
import { compareResults } from './compare.js';

const items = (...outputs: unknown[]) => outputs.map((output, index) => ({ index, output }) as ItemResult);
const labels = (...scores: [string, number][]) => ({
  labels: scores.map(([label, score]) => ({ label, score })),
});

it.each<
  [string, unknown, unknown, { decisions: number; same: number; differences: number; difference: number }]
>([
  [
    'a label',
    labels(['a', 0.9], ['b', 0.1]),
    labels(['a', 0.8], ['b', 0.2]),
    { decisions: 1, same: 1, differences: 2, difference: 0.2 },
  ],
  [
    'another label',
    labels(['a', 0.9]),
    labels(['b', 0.8], ['a', 0.2]),
    { decisions: 1, same: 0, differences: 1, difference: 0.7 },
  ],
  [
    'selected labels',
    { ...labels(['a', 0.9]), selected: ['a', 'b'] },
    { ...labels(['a', 0.9]), selected: ['b', 'a'] },
    { decisions: 1, same: 1, differences: 1, difference: 0 },
  ],
  ['a number', { value: 1.5 }, { value: 1 }, { decisions: 0, same: 0, differences: 1, difference: 0.5 }],
  [
    'entities',
    { entities: [{ entity_group: 'PER', start: 0, end: 3, score: 1 }] },
    { entities: [] },
    { decisions: 1, same: 0, differences: 0, difference: 0 },
  ],
  [
    'answers',
    { answers: [{ answer: 'x', score: 0.5 }] },
    { answers: [{ answer: 'x', score: 0.25 }] },
    { decisions: 1, same: 1, differences: 1, difference: 0.25 },
  ],
  [
    'choices',
    { choices: [{ index: 0, score: 1 }], best: 0 },
    { choices: [{ index: 0, score: 0.5 }], best: 1 },
    { decisions: 1, same: 0, differences: 1, difference: 0.5 },
  ],
  [
    'masks',
    { masks: [[{ token: 'a', score: 0.5 }]] },
    { masks: [[{ token: 'a', score: 0.25 }]] },
    { decisions: 1, same: 1, differences: 1, difference: 0.25 },
  ],
  [
    'an order',
    {
      results: [
        { index: 1, score: 2 },
        { index: 0, score: 1 },
      ],
    },
    {
      results: [
        { index: 1, score: 1 },
        { index: 0, score: 0 },
      ],
    },
    { decisions: 1, same: 1, differences: 2, difference: 2 },
  ],
  [
    'vectors',
    { embedding: [1, 0] },
    { embedding: [0, 1] },
    { decisions: 0, same: 0, differences: 1, difference: 1 },
  ],
  [
    'vectors in base64',
    { embedding: 'AAAA' },
    { embedding: 'AAAA' },
    { decisions: 0, same: 0, differences: 0, difference: 0 },
  ],
])('of %s', (_, own, shadow, expected) => {
  const found = compareResults(items(own), items(shadow));
  expect({ ...found, difference: Number(found.difference.toFixed(9)) }).toEqual(expected);
});

it('of an error against an answer, and against the same error', () => {
  const error: ItemResult[] = [{ index: 0, error: { code: 'input-too-long', message: '' } }];
  expect(compareResults(items(labels(['a', 1])), error)).toMatchObject({ decisions: 1, same: 0 });
  expect(compareResults(error, error)).toMatchObject({ decisions: 1, same: 1 });
});
