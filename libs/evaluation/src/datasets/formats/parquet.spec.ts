import { readFile } from 'node:fs/promises';
import * as zlib from 'node:zlib';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { describe, expect, it } from 'vitest';
import { fileOf, fixture, readAll } from '../../../test/dataset-files.js';
import type { ReadOptions } from '../options.js';
import type { Mapping } from './mapping.js';

const REVIEWS: Mapping = {
  id: 'id',
  input: { text: 'review' },
  expected: { label: 'label' },
  slice: { month: 'genre' },
};
const LABELS = { mapping: { 0: 'negative', 1: 'positive' } };
const PAIR: Mapping = { input: { text: 'a' }, expected: { label: 'b' } };
const bytesOf = (name: string) => readFile(new URL(`../__fixtures__/${name}`, import.meta.url));
const read = async (content: Uint8Array, options: ReadOptions = { mapping: PAIR }) =>
  await readAll(fileOf('d.parquet', content, 1000), 'parquet', options);

describe('parquet', () => {
  it.each(['snappy', 'gzip', 'brotli'])('as pyarrow writes it with %s, in row groups', async (codec) => {
    const { examples, problems } = await readAll(fixture(`reviews-${codec}.parquet`), 'parquet', {
      mapping: REVIEWS,
      labels: LABELS,
    });
    expect(examples).toEqual([
      {
        input: { id: 'r1', text: 'It is "great" 😀' },
        expected: 'positive',
        slice: { month: 'may' },
        line: 1,
      },
      { input: { id: 'r2', text: 'Two\nlines' }, expected: 'negative', slice: { month: 'june' }, line: 2 },
    ]);
    expect(problems).toEqual(['3 validation /review: is required']);
  });

  it('with zstd needs a Node that has it', async () => {
    const { examples, problems } = await readAll(fixture('reviews-zstd.parquet'), 'parquet', {
      mapping: REVIEWS,
    });
    if ('zstdDecompressSync' in zlib) expect(examples).toHaveLength(2);
    else
      expect(problems).toEqual([
        '1 validation The file cannot be read as parquet: parquet unsupported compression codec: ZSTD',
      ]);
  });

  it('has lists and structs', async () => {
    const nested = async (mapping: Mapping, labels?: ReadOptions['labels']) => {
      const { examples, problems } = await readAll(fixture('nested.parquet'), 'parquet', {
        mapping,
        ...(labels && { labels }),
      });
      expect(problems).toEqual([]);
      return examples.map(({ input, expected }) => ({ input, expected }));
    };
    expect(
      await nested({
        id: 'id',
        input: { question: 'question', context: 'context' },
        expected: { answers: 'answers' },
      }),
    ).toEqual([
      { input: { id: 'a', question: 'Who?', context: 'Ada wrote it.' }, expected: ['Ada'] },
      { input: { id: 'b', question: 'When?', context: 'Ada wrote it.' }, expected: [] },
    ]);
    expect(
      await nested({ input: { prompt: 'question', choices: 'choices' }, expected: { choice: 'answer' } }),
    ).toEqual([
      { input: { prompt: 'Who?', choices: ['x', 'y'] }, expected: 1 },
      { input: { prompt: 'When?', choices: ['p', 'q', 'r'] }, expected: 2 },
    ]);
    expect(await nested({ input: { text: 'question' }, expected: { value: 'v' } })).toEqual([
      { input: 'Who?', expected: 1.5 },
      { input: 'When?', expected: 2.5 },
    ]);
  });

  it('has tokens with tags, by name or by number', async () => {
    const { examples, problems } = await readAll(fixture('nested.parquet'), 'parquet', {
      task: 'token-classification',
      mapping: { input: { tokens: 'tokens' }, expected: { tags: 'ner_tags' } },
      labels: { mapping: { 0: 'O', 1: 'B-PER', 2: 'I-PER' }, names: ['PER'] },
    });
    expect(problems).toEqual([]);
    expect(examples).toEqual([
      {
        input: 'Ada met Grace Hopper',
        expected: [
          { entity_group: 'PER', start: 0, end: 3 },
          { entity_group: 'PER', start: 8, end: 20 },
        ],
        line: 1,
      },
      { input: 'hi', expected: [], line: 2 },
    ]);
  });

  it.each<[string, () => Promise<Uint8Array>, string]>([
    [
      'cut off',
      async () => (await bytesOf('reviews-snappy.parquet')).subarray(0, 1000),
      '1 validation The file does not end as parquet does; it may have been cut off.',
    ],
    ['no parquet', async () => Buffer.from('a,b\nx,y\n'), '1 validation The file is not parquet.'],
    ['nothing', async () => Buffer.alloc(0), '1 validation The file is not parquet.'],
    [
      'in an encoding that is refused',
      () => bytesOf('reviews-delta.parquet'),
      '1 validation The file cannot be read as parquet: the encoding DELTA_BYTE_ARRAY is not supported.',
    ],
  ])('that is %s is refused', async (_, content, problem) => {
    const { examples, problems } = await read(await content(), { mapping: REVIEWS });
    expect(examples).toEqual([]);
    expect(problems).toEqual([problem]);
  });

  it('without a column of the mapping, or a mapping, is refused', async () => {
    const { problems } = await readAll(fixture('nested.parquet'), 'parquet', { mapping: PAIR });
    expect(problems[0]).toContain(
      '1 validation The mapping names a, b, and the columns are id, question, context, answers',
    );
    expect((await readAll(fixture('nested.parquet'), 'parquet')).problems[0]).toContain('needs a mapping');
  });

  it('with bytes that are not UTF-8 is refused', async () => {
    const { problems } = await readAll(fixture('not-utf8.parquet'), 'parquet', {
      mapping: { input: { text: 'review' }, expected: { label: 'label' } },
    });
    expect(problems).toEqual(['1 not-utf8 The line holds bytes that are not UTF-8.']);
  });

  it('is refused where pages say that they hold more than is allowed', async () => {
    const rows = 1_000_001;
    const many = parquetWriteBuffer({
      columnData: [
        { name: 'a', data: new Array(rows).fill('x'), type: 'STRING' },
        { name: 'b', data: new Array(rows).fill('y'), type: 'STRING' },
      ],
      rowGroupSize: rows,
    });
    const { problems, report } = await read(new Uint8Array(many));
    expect(report.isGivenUp).toBe(true);
    expect(problems).toEqual([
      '1 payload-too-large A row group has at most 1000000 rows in the columns of the mapping.',
    ]);
  });

  it('never fails otherwise, whichever byte is wrong', async () => {
    const bytes = await bytesOf('reviews-snappy.parquet');
    for (let at = 0; at < bytes.length; at++) {
      for (const value of [0xff, bytes[at]! ^ 0x01]) {
        const changed = Buffer.from(bytes);
        changed[at] = value;
        const { report } = await read(changed, { mapping: REVIEWS });
        expect(report.examples + report.problemCount).toBeGreaterThan(0);
      }
    }
  });
});
