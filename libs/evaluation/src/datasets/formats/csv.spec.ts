import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fileOf, fixture, readAll } from '../../../test/dataset-files.js';
import { MAX_LINE_BYTES } from '../limits.js';
import type { Mapping } from './mapping.js';

const REVIEWS: Mapping = {
  id: 'id',
  input: { text: 'review' },
  expected: { label: 'stars' },
  slice: { month: 'when' },
  group: 'stars',
};
const PAIR: Mapping = { input: { text: 'a' }, expected: { label: 'b' } };

describe('CSV', () => {
  it('has quotes and line ends inside of quotes', async () => {
    const { examples, problems } = await readAll(fixture('reviews.csv'), 'csv', {
      mapping: REVIEWS,
      labels: { mapping: { 1: 'negative', 5: 'positive' }, names: ['negative', 'positive'] },
    });
    expect(problems).toEqual([]);
    expect(examples).toEqual([
      {
        input: { id: 'r1', text: 'It is "great", really.' },
        expected: 'positive',
        group: '5',
        slice: { month: 'May' },
        line: 2,
      },
      {
        input: { id: 'r2', text: 'Two\r\nlines' },
        expected: 'negative',
        group: '1',
        slice: { month: 'June' },
        line: 3,
      },
    ]);
  });

  it('may have tabs, no quotes and no header', async () => {
    const { examples } = await readAll(fixture('reviews.tsv'), 'csv', {
      mapping: REVIEWS,
      csv: { quote: false },
    });
    expect(examples[0]!.input).toEqual({ id: 'r1', text: 'It "is' });
    const bare = await readAll(fileOf('d.csv', 'fine;5\n'), 'csv', {
      mapping: { input: { text: '1' }, expected: { value: '2' } },
      csv: { header: false, delimiter: ';' },
    });
    expect(bare.examples).toEqual([{ input: 'fine', expected: 5, line: 1 }]);
  });

  it('has items of every task that fit into cells', async () => {
    const read = async (row: string, mapping: Mapping, task?: 'score') => {
      const { examples, problems } = await readAll(fileOf('d.csv', `a,b,c,d\n${row}\n`), 'csv', {
        mapping,
        ...(task && { task }),
      });
      expect(problems).toEqual([]);
      const { input, expected } = examples[0]!;
      return { input, expected };
    };
    expect(
      await read('p,x,y,B', { input: { prompt: 'a', choices: ['b', 'c'] }, expected: { choice: 'd' } }),
    ).toEqual({
      input: { prompt: 'p', choices: ['x', 'y'] },
      expected: 1,
    });
    expect(
      await read('q,c,x|y,', {
        input: { question: 'a', context: 'b' },
        expected: { answers: 'c', separator: '|' },
      }),
    ).toEqual({ input: { question: 'q', context: 'c' }, expected: ['x', 'y'] });
    expect(
      await read('q,c,,', { input: { question: 'a', context: 'b' }, expected: { answers: 'c' } }),
    ).toEqual({
      input: { question: 'q', context: 'c' },
      expected: [],
    });
    expect(
      await read('t,u;v,,', { input: { text: 'a' }, expected: { labels: 'b', separator: ';' } }),
    ).toEqual({
      input: 't',
      expected: ['u', 'v'],
    });
    expect(
      await read('q,x,y,1 0', {
        input: { query: 'a', documents: ['b', 'c'] },
        expected: { grades: 'd', separator: ' ' },
      }),
    ).toEqual({
      input: { query: 'q', documents: ['x', 'y'] },
      expected: [1, 0],
    });
    expect(
      await read('p,r,-1.5,', { input: { prompt: 'a', response: 'b' }, expected: { value: 'c' } }, 'score'),
    ).toEqual({
      input: { prompt: 'p', response: 'r' },
      expected: -1.5,
    });
  });

  it.each<[string, string | Buffer, Mapping, string]>([
    [
      'a column that is not there',
      'a,c\nx,y\n',
      PAIR,
      '1 validation The mapping names b, and the columns are a, c.',
    ],
    ['two columns of one name', 'a,b,a\nx,y,z\n', PAIR, '1 validation Two columns are called "a".'],
    [
      'a record of fewer columns',
      'a,b\nx\n',
      PAIR,
      '2 validation the record has 1 columns, and 2 are expected',
    ],
    [
      'a record of more columns',
      'a,b\nx,y,z\n',
      PAIR,
      '2 validation the record has 3 columns, and 2 are expected',
    ],
    [
      'a quote that is not closed',
      'a,b\n"x,y\nz,w\n',
      PAIR,
      '2 validation A quote of the record is not closed at the end of the file.',
    ],
    ['something after a quote', 'a,b\n"x"y,z\n', PAIR, '2 validation The quoting of the record is wrong'],
    [
      'bytes that are not UTF-8',
      Buffer.from('a,b\nx,y\n\xe9,z\n', 'latin1'),
      PAIR,
      '3 not-utf8 The line holds bytes that are not UTF-8.',
    ],
    [
      'a character that is cut off',
      Buffer.from('a,b\nx,\xe2\x82', 'latin1'),
      PAIR,
      '2 not-utf8 The line holds bytes that are not UTF-8.',
    ],
    [
      'a number that is none',
      'a,b\nx,many\n',
      { input: { text: 'a' }, expected: { value: 'b' } },
      '2 validation /b: "many" is not a number',
    ],
    [
      'no number',
      'a,b\nx,\n',
      { input: { text: 'a' }, expected: { value: 'b' } },
      '2 validation /b: "" is not a number',
    ],
    [
      'a choice that is none',
      'a,b\nx,?\n',
      { input: { prompt: 'a', choices: ['a', 'b'] }, expected: { choice: 'b' } },
      '2 validation /b: "?" is neither an index nor a letter',
    ],
    ['an empty text', 'a,b\n"",y\n', PAIR, '2 invalid-input /input: must not be empty'],
    ['no label', 'a,b\nx,\n', PAIR, '2 validation /expected: must be a label'],
    ['a header alone', 'a,b\n', PAIR, 'null empty-file The dataset has no examples.'],
    ['too many columns', `${'a,'.repeat(2000)}b\n`, PAIR, '1 validation A record has at most 1000 columns.'],
  ])('with %s is refused', async (_, content, mapping, problem) => {
    const { problems } = await readAll(fileOf('d.csv', content, 1000), 'csv', { mapping });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(problem);
  });

  it('passes over blank lines and counts them', async () => {
    const text = 'a,b\n\n"x\r\n\n\r",y\n \r\n\nz,w\n\n"v';
    const { examples, problems } = await readAll(fileOf('d.csv', text), 'csv', { mapping: PAIR });
    expect(examples).toEqual([
      { input: 'x\r\n\n\r', expected: 'y', line: 3 },
      { input: 'z', expected: 'w', line: 8 },
    ]);
    expect(problems).toEqual(['10 validation A quote of the record is not closed at the end of the file.']);
  });

  it('needs a mapping', async () => {
    const { problems } = await readAll(fixture('reviews.csv'), 'csv');
    expect(problems).toEqual([
      'null validation A table needs a mapping of its columns to input and expected.',
    ]);
  });

  it('takes a byte order mark, and refuses a record that is too long', async () => {
    const text = `\ufeffa,b\r\nx,y\r\n"${'z'.repeat(MAX_LINE_BYTES + 2)}`;
    const { examples, problems } = await readAll(fileOf('d.csv', text, 64 * 1024), 'csv', { mapping: PAIR });
    expect(examples).toEqual([{ input: 'x', expected: 'y', line: 2 }]);
    expect(problems).toEqual([
      `3 line-too-long A record has at most ${MAX_LINE_BYTES} bytes; a quote may not be closed.`,
    ]);
  });

  it('tells of a source that breaks off', async () => {
    const bytes = (async function* () {
      yield Buffer.from('a,b\nx,y\n');
      throw new Error('the disk is gone');
    })();
    await expect(readAll({ name: 'd.csv', bytes }, 'csv', { mapping: PAIR })).rejects.toThrow(
      'the disk is gone',
    );
  });

  it('comes back as it was written', async () => {
    const text = fc.string({
      unit: fc.constantFrom('a', 'é', '😀', '"', ',', ';', '\t', '\n', '\r', '\r\n', ' ', "'"),
      minLength: 1,
      maxLength: 12,
    });
    const record = fc.record({ id: fc.uuid(), text, text_pair: text, expected: text, genre: text });
    const csv = fc.record({
      delimiter: fc.constantFrom(',', ';', '\t'),
      end: fc.constantFrom('\n', '\r\n'),
      chunk: fc.integer({ min: 1, max: 40 }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(record, { selector: ({ id }) => id, minLength: 1, maxLength: 6 }),
        csv,
        async (records, { delimiter, end, chunk }) => {
          const columns = ['id', 'text', 'text_pair', 'expected', 'genre'] as const;
          const quoted = (cell: string) => `"${cell.replaceAll('"', '""')}"`;
          const rows: string[] = [
            columns.join(delimiter),
            ...records.map((one) => columns.map((name) => quoted(one[name])).join(delimiter)),
          ];
          const { examples, problems } = await readAll(
            fileOf('d.csv', rows.map((row) => row + end).join(''), chunk),
            'csv',
            {
              csv: { delimiter },
              mapping: {
                id: 'id',
                input: { text: 'text', text_pair: 'text_pair' },
                expected: { label: 'expected' },
                slice: { genre: 'genre' },
              },
            },
          );
          expect(problems).toEqual([]);
          // A line of a cell is a line of the file.
          let line = 1;
          const linesOf = (row: string) => row.split('\n').length;
          const starts = rows.map((row) => {
            const start = line;
            line += linesOf(row);
            return start;
          });
          expect(examples).toEqual(
            records.map((one, i) => ({
              line: starts[i + 1],
              input: { id: one.id, text: one.text, text_pair: one.text_pair },
              expected: one.expected,
              slice: { genre: one.genre },
            })),
          );
        },
      ),
      { numRuns: 200 },
    );
  });
});
