import { LIMITS } from '@heddle/contracts';
import { expect, it } from 'vitest';
import { MAX_EXPECTED_CHARS, MAX_GROUP_CHARS, MAX_OUTPUT_CHARS } from './limits.js';
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
  // Objects and lists count as some characters as well.
  expect(count).toBe(Math.ceil(MAX_OUTPUT_CHARS / (context.length + 1 + 16)));
});

it('what is expected counts as well, and has a bound of its own', () => {
  const set = new SetChecks(false);
  const answer = 'a'.repeat(MAX_EXPECTED_CHARS - 100);
  const take = (expected: string[], group?: string) =>
    set.take(
      { input: { question: 'q', context: 'c' }, expected, ...(group ? { group } : {}) },
      'question-answering',
      { file: 'd', line: 1 },
    );
  expect(() => take([`${answer}${'a'.repeat(200)}`])).toThrow(at('/expected'));
  expect(() => take([], 'g'.repeat(MAX_GROUP_CHARS + 1))).toThrow(at('/group'));
  let count = 0;
  for (; !set.isFull; count++) take([answer]);
  expect(count).toBeLessThanOrEqual(Math.ceil(MAX_OUTPUT_CHARS / answer.length));
});

const at = (pointer: string) =>
  expect.objectContaining({ errors: [expect.objectContaining({ pointer })] }) as unknown as Error;
