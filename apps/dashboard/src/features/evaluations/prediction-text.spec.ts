import { expect, it } from 'vitest';
import { predictionText } from './prediction-text.js';

it.each([
  [null, '–'],
  ['positive', 'positive'],
  [4.5, '4.5'],
  [['a', 'b'], 'a, b'],
  [[], 'none'],
  [{ label: 'x' }, 'x'],
  [
    {
      labels: [
        { label: 'negative', score: 0.93 },
        { label: 'positive', score: 0.07 },
      ],
    },
    'negative (0.930)',
  ],
  [{ labels: [{ label: 'a', score: 0.9 }], selected: ['a', 'b'] }, 'a, b'],
  [{ labels: [{ label: 'a', score: 0.1 }], selected: [] }, 'none'],
  [{ value: 1.5 }, '1.5'],
  [{ answers: [{ answer: 'Ada', score: 0.5, start: 0, end: 3 }], no_answer: false }, 'Ada (0.500)'],
  [{ answers: [{ answer: '', score: 0.9 }], no_answer: true }, 'no answer'],
  [{ entities: [{ entity_group: 'PER', word: 'Zoë', start: 0, end: 3 }] }, 'PER: Zoë'],
  [[{ type: 'PER', start: 0, end: 3 }], 'PER: 0–3'],
  [{ entities: [] }, 'none'],
  [{ masks: [[{ token: 'capital', score: 0.98 }]] }, 'capital (0.980)'],
  [
    {
      results: [
        { index: 1, score: 1 },
        { index: 0, score: 0 },
      ],
    },
    'documents 1, 0',
  ],
  [{ choices: [], best: 2 }, 'choice 2'],
  [{ odd: true }, '{"odd":true}'],
])('%j reads %s', (value, text) => {
  expect(predictionText(value)).toBe(text);
});

it('a long one is cut, between characters', () => {
  expect(predictionText('🧵'.repeat(200))).toBe(`${'🧵'.repeat(160)}…`);
});
