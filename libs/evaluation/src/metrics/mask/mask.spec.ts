import { describe, expect, it } from 'vitest';
import { createAccumulator } from '../accumulator.js';
import { allOnce } from '../metric.js';

const masks = (...tokens: string[]) => ({
  masks: tokens.map((token) => [{ token, token_id: 1, score: 0.9, sequence: '' }]),
});

describe('the accuracy of fillings', () => {
  it('is that of masks, whatever blanks the tokens carry', () => {
    const accumulator = createAccumulator({ task: 'fill-mask' });
    expect(accumulator.add({ index: 0, expected: 'capital', predicted: masks(' capital') }).correct).toBe(
      true,
    );
    const two = accumulator.add({ index: 1, expected: ['big', 'cat'], predicted: masks('big', 'dog') });
    expect(two).toEqual({ correct: false, loss: 0.5 });
    expect(accumulator.measure('mlm_accuracy')(allOnce(2))).toBeCloseTo(2 / 3, 12);
  });

  it('needs a token for each mask', () => {
    const accumulator = createAccumulator({ task: 'fill-mask' });
    const add = (expected: string[]) => accumulator.add({ index: 0, expected, predicted: masks('a', 'b') });
    expect(() => add(['a'])).toThrow('1 tokens are expected, but the text has 2 masks.');
    expect(() => add([])).toThrow('The token of each mask was expected, not [].');
    expect(() =>
      accumulator.add({ index: 0, expected: 'a', predicted: { tokens: [], log_prob: -3 } }),
    ).toThrow(/^Fillings were expected/);
  });
});
