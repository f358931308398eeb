import { expect, it } from 'vitest';
import { batchBody, NO_OPTIONS } from './options.js';

it('what nobody chose is left to the API', () => {
  expect(batchBody('file_1', 'sentiment', NO_OPTIONS)).toEqual({
    file: 'file_1',
    model: 'sentiment',
    invalid_lines: 'reject',
  });
});

it('what was chosen is said as the API takes it', () => {
  const options = {
    task: 'zero-shot-classification',
    priority: 'high' as const,
    windowH: 0.5,
    parameters: '{"candidate_labels": ["a", "b"]}',
    skip: true,
  };
  expect(batchBody('file_1', 'nli@2', options)).toEqual({
    file: 'file_1',
    model: 'nli@2',
    invalid_lines: 'skip',
    task: 'zero-shot-classification',
    priority: 'high',
    window_s: 1800,
    parameters: { candidate_labels: ['a', 'b'] },
  });
});

it.each(['[1]', 'null', '"a"', '{'])('%s is no object of parameters', (parameters) => {
  expect(() => batchBody('file_1', 'm', { ...NO_OPTIONS, parameters })).toThrow(SyntaxError);
});
