import { describe, expect, it } from 'vitest';
import { inModelLabels, modelLabel } from './labels.js';

describe('labels', () => {
  const names = ['negative', 'POSITIVE', 'Neutral', 'neutral'];

  it.each([
    ['by name', 'negative', {}, 'negative'],
    ['by mapping', '0', { 0: 'negative' }, 'negative'],
    ['in other letters', 'positive', {}, 'POSITIVE'],
    ['by mapping, in other letters', '1', { 1: 'Positive' }, 'POSITIVE'],
    ['exactly, where two are alike', 'neutral', {}, 'neutral'],
  ])('%s', (_, label, mapping, expected) => {
    expect(modelLabel(label, { mapping, names })).toBe(expected);
  });

  it.each(['NEUTRAL', '0', 'constructor', ''])('%j is none of the model', (label) => {
    expect(() => modelLabel(label, { names })).toThrowError(
      expect.objectContaining({
        code: 'validation',
        errors: [
          {
            pointer: '/expected',
            code: 'value',
            message: `"${label}" is no label of the model, which has negative, POSITIVE, Neutral, neutral`,
          },
        ],
      }),
    );
  });

  it('name twenty of many', () => {
    const many = Array.from({ length: 50 }, (_, i) => `l${i}`);
    expect(() => modelLabel('x', { names: many })).toThrowError(
      expect.objectContaining({
        errors: [expect.objectContaining({ message: expect.stringMatching(/l19, …$/) })],
      }),
    );
  });

  it('are renamed where a task has labels', () => {
    const labels = { mapping: { 0: 'negative', PER: 'person' } };
    expect(inModelLabels('text-classification', '0', labels)).toBe('negative');
    expect(inModelLabels('text-classification', 0, labels)).toBe('negative');
    expect(inModelLabels('text-classification', 0.5, labels)).toBe(0.5);
    expect(inModelLabels('text-classification', ['0', 'b'], labels)).toEqual(['negative', 'b']);
    expect(inModelLabels('text-classification', [0, 1], labels)).toEqual([0, 1]);
    expect(
      inModelLabels('token-classification', [{ entity_group: 'PER', start: 0, end: 1 }], labels),
    ).toEqual([{ entity_group: 'person', start: 0, end: 1 }]);
    const tags = { names: ['O', 'B-person', 'I-person', 'U-first-name'], mapping: { PER: 'B-person' } };
    const typesOf = (type: string) =>
      inModelLabels('token-classification', [{ entity_group: type, start: 0, end: 1 }], tags);
    expect(typesOf('Person')).toMatchObject([{ entity_group: 'person' }]);
    expect(typesOf('PER')).toMatchObject([{ entity_group: 'person' }]);
    expect(typesOf('first-name')).toMatchObject([{ entity_group: 'first-name' }]);
    expect(() => typesOf('LOC')).toThrow('The model has no label "LOC".');
    expect(inModelLabels('multiple-choice', 0, labels)).toBe(0);
    expect(inModelLabels('question-answering', ['0'], labels)).toEqual(['0']);
  });
});
