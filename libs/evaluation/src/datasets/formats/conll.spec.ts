import { LIMITS } from '@heddle/contracts';
import { describe, expect, it } from 'vitest';
import { fileOf, fixture, readAll } from '../../../test/dataset-files.js';

describe('CoNLL columns', () => {
  it('of four, with documents and IOB1', async () => {
    const { examples, problems } = await readAll(fixture('conll2003.txt'), 'conll');
    expect(problems).toEqual([]);
    expect(examples).toEqual([
      {
        input: 'EU rejects German call',
        expected: [
          { entity_group: 'ORG', start: 0, end: 2 },
          { entity_group: 'MISC', start: 11, end: 17 },
        ],
        line: 3,
      },
      {
        input: 'Ada Grace Hopper .',
        expected: [
          { entity_group: 'PER', start: 0, end: 3 },
          { entity_group: 'PER', start: 4, end: 16 },
        ],
        line: 8,
      },
    ]);
  });

  it('of two, with tabs, CRLF and characters beyond the BMP', async () => {
    const { examples } = await readAll(fixture('wnut.conll'), 'conll');
    expect(examples[0]).toEqual({
      input: 'wow emma 😀 New York',
      expected: [
        { entity_group: 'person', start: 4, end: 8 },
        { entity_group: 'location', start: 11, end: 19 },
      ],
      line: 1,
    });
    expect(examples[1]).toEqual({ input: 'hi', expected: [], line: 7 });
  });

  it('BILOU, after a comment', async () => {
    const { examples } = await readAll(fixture('bilou.bio'), 'conll');
    expect(examples).toEqual([
      {
        input: 'Ada of New York City',
        expected: [
          { entity_group: 'PER', start: 0, end: 3 },
          { entity_group: 'LOC', start: 7, end: 20 },
        ],
        line: 2,
      },
    ]);
  });

  it('may be asked for by number', async () => {
    const { examples } = await readAll(fixture('conll2003.txt'), 'conll', {
      conll: { tokenColumn: 2, tagColumn: 3 },
    });
    expect(examples[0]).toEqual({
      input: 'NNP VBZ JJ NN',
      expected: [
        { entity_group: 'NP', start: 0, end: 3 },
        { entity_group: 'VP', start: 4, end: 7 },
        { entity_group: 'NP', start: 8, end: 13 },
      ],
      line: 3,
    });
    const { problems } = await readAll(fileOf('c.txt', 'a O\n'), 'conll', { conll: { tagColumn: 3 } });
    expect(problems).toEqual(['1 validation The line has 2 columns, and column 3 is asked for.']);
  });

  it.each([
    [
      'another number of columns',
      'a\tO\nb\tx\tO\n\nc\tO\n',
      ['2 validation The line has 3 columns, the first of the file has 2.'],
    ],
    [
      'a tag that is none',
      'a X\n\nc O\n',
      ['1 validation /tag: "X" is neither O nor a type with B-, I-, L-, E-, U- or S- before it'],
    ],
    ['no token', '\tO\n\nc\tO\n', ['1 validation The line has no token.']],
    [
      'bytes that are not UTF-8',
      Buffer.from('c O\n\n\xff O\n', 'latin1'),
      ['3 not-utf8 The line holds bytes that are not UTF-8.'],
    ],
    [
      'a sentence without end',
      `c O\n\n${'word O\n'.repeat(LIMITS.maxTextChars / 4)}`,
      [
        `3 text-too-long The sentence has more than ${LIMITS.maxTextChars} characters; blank lines part sentences.`,
      ],
    ],
  ])('with %s: the sentence is left out', async (_, content, expected) => {
    const { examples, problems } = await readAll(fileOf('c.txt', content, 4096), 'conll');
    expect(problems).toEqual(expected);
    expect(examples.map(({ input }) => input)).toEqual(['c']);
  });

  it('of one are no CoNLL', async () => {
    const { problems } = await readAll(fileOf('c.txt', 'word\n'), 'conll');
    expect(problems).toEqual([
      '1 validation The line has one column; a token and its tag are two, with a tab or a blank between.',
    ]);
  });

  it('have labels that the model may lack, or call otherwise', async () => {
    const labels = { mapping: { person: 'PER' }, names: ['PER', 'ORG'] };
    const { examples, problems } = await readAll(
      fileOf('c.txt', 'Ada B-person\n\nUlm B-location\n'),
      'conll',
      { labels },
    );
    expect(examples).toEqual([
      { input: 'Ada', expected: [{ entity_group: 'PER', start: 0, end: 3 }], line: 1 },
    ]);
    expect(problems).toEqual([
      '3 validation /expected: "location" is no label of the model, which has PER, ORG',
    ]);
  });
});
