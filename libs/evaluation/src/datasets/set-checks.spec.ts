import { LIMITS } from '@heddle/contracts';
import { expect, it } from 'vitest';
import { MAX_OUTPUT_CHARS } from './limits.js';
import { SetChecks } from './set-checks.js';

it('a dataset is full when its examples have too many characters, a text counted as often as it is given', () => {
  const set = new SetChecks(false);
  const context = 'c'.repeat(LIMITS.maxTextChars);
  let count = 0;
  while (!set.isFull) {
    set.take({ input: { question: 'q', context }, expected: [] }, 'question-answering', {
      file: 'd',
      line: ++count,
    });
  }
  expect(count).toBe(Math.ceil(MAX_OUTPUT_CHARS / (context.length + 1)));
});
