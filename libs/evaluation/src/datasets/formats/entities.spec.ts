import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { entitiesOf } from './entities.js';

/** Entities of tokens `a`, `b`, … as `TYPE start-end`, where each token is one character. */
const spans = (tags: string) => {
  const tokens = tags.split(' ').map((tag, i) => ({ token: String.fromCharCode(97 + i), tag }));
  return entitiesOf(tokens).entities.map(({ entity_group, start, end }) => `${entity_group} ${start}-${end}`);
};

describe('entities of tagged tokens', () => {
  it.each([
    ['IOB2', 'O B-LOC I-LOC O B-PER', ['LOC 2-5', 'PER 8-9']],
    ['IOB2, side by side', 'B-LOC B-LOC I-LOC', ['LOC 0-1', 'LOC 2-5']],
    ['IOB1', 'I-LOC I-LOC O I-PER', ['LOC 0-3', 'PER 6-7']],
    ['IOB1, side by side', 'I-LOC B-LOC I-LOC I-PER', ['LOC 0-1', 'LOC 2-5', 'PER 6-7']],
    ['BILOU', 'U-PER B-LOC I-LOC L-LOC U-LOC', ['PER 0-1', 'LOC 2-7', 'LOC 8-9']],
    ['BIOES', 'S-PER B-LOC E-LOC I-LOC', ['PER 0-1', 'LOC 2-5', 'LOC 6-7']],
    ['another type inside', 'B-LOC I-PER', ['LOC 0-1', 'PER 2-3']],
    ['a type with a dash', 'B-creative-work I-creative-work', ['creative-work 0-3']],
    ['none', 'O O', []],
  ])('%s', (_, tags, expected) => {
    expect(spans(tags)).toEqual(expected);
  });

  it.each(['X-LOC', 'B', 'LOC', 'B-', '1', ''])('refuse %j', (tag) => {
    expect(() => entitiesOf([{ token: 'a', tag }])).toThrowError(
      expect.objectContaining({ code: 'validation', errors: [expect.objectContaining({ pointer: '/tag' })] }),
    );
  });

  it('are where their words are, counted in code points', () => {
    const word = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 4 })
      .filter((text) => !text.includes(' '));
    const tagged = fc.record({ token: word, tag: fc.constantFrom('O', 'B-A', 'I-A', 'B-B', 'I-B') });
    fc.assert(
      fc.property(fc.array(tagged, { minLength: 1, maxLength: 12 }), (tokens) => {
        const { text, entities } = entitiesOf(tokens);
        const characters = [...text];
        const words = entities.flatMap(({ start, end }) => characters.slice(start, end).join('').split(' '));
        expect(words).toEqual(tokens.filter(({ tag }) => tag !== 'O').map(({ token }) => token));
      }),
    );
  });
});
