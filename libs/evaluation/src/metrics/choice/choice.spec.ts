import { describe, expect, it } from 'vitest';
import { createAccumulator } from '../accumulator.js';
import { allOnce } from '../metric.js';
import type { Reference } from '../prediction.js';

const choices = (...scores: number[]) => ({
  choices: scores.map((score, index) => ({ index, score })),
  best: scores.indexOf(Math.max(...scores)),
});

const measured = (examples: [Reference, number[]][], metrics: string[]) => {
  const accumulator = createAccumulator({ task: 'multiple-choice', metrics });
  examples.forEach(([expected, scores], index) => {
    accumulator.add({ index, expected, predicted: choices(...scores) });
  });
  return metrics.map((metric) => accumulator.measure(metric)(allOnce(accumulator.size)));
};

describe('a choice', () => {
  it('is right where it is the expected one, or one of them', () => {
    const [accuracy, loss] = measured(
      [
        [0, [0.5, 0.3, 0.2]],
        [1, [0.5, 0.25, 0.25]],
        [
          [1, 2],
          [0.2, 0.3, 0.5],
        ],
      ],
      ['accuracy', 'log_loss'],
    );
    expect(accuracy).toBeCloseTo(2 / 3, 12);
    expect(loss).toBeCloseTo((-Math.log(0.5) - Math.log(0.25) - Math.log(0.8)) / 3, 12);
  });

  it.each([2, -1, 0.5, [], 'a', [0, 2]] as Reference[])('of two cannot be %j', (expected) => {
    expect(() => measured([[expected, [0.6, 0.4]]], ['accuracy'])).toThrow(
      /^The index of one of 2 choices was expected/,
    );
  });
});
