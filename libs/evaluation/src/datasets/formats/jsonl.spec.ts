import { LIMITS } from '@heddle/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fileOf, fixture, readAll } from '../../../test/dataset-files.js';
import { convert } from '../convert.js';
import type { SourceExample } from '../example.js';
import { MAX_LINE_BYTES } from '../limits.js';

describe('JSONL', () => {
  it('is read for every task', async () => {
    const { examples, problems } = await readAll(fixture('heddle.jsonl'), 'jsonl');
    expect(problems).toEqual([]);
    expect(examples.map(({ line }) => line)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(examples[0]).toEqual({
      input: 'I loved it 😀',
      expected: 'positive',
      slice: { length: 'short' },
      line: 1,
    });
    expect(examples[6]).toEqual({
      input: { query: 'heddle', documents: ['a part of a loom', 'a bird'] },
      expected: [2, 0],
      line: 7,
    });
  });

  it.each([
    ['a group that is none', '{"input":"a","expected":"b","group":7}', '1 validation /group: must be a text'],
    [
      'no index',
      '{"input":{"prompt":"p","choices":["a","b"]},"expected":[]}',
      '1 validation /expected: must be the index',
    ],
    [
      'a name too few',
      '{"input":{"query":"q","documents":["a","b"]},"expected":{"grades":[1,0],"ids":["x"]}}',
      '1 validation /expected: must be a list of grades',
    ],
    [
      'a missing grade below 0',
      '{"input":{"query":"q","documents":["a"]},"expected":{"grades":[1],"missing":[-1]}}',
      '1 validation /expected: must be a list of grades',
    ],
    ['no JSON', '{"input":"a"', '1 malformed-json The line is not JSON.'],
    [
      'a line that was cut off',
      '{"input":"a","expected":"b"}\n{"input":"c","exp',
      '2 malformed-json The line is not JSON.',
    ],
    ['no object', '["a","b"]', '1 validation must be an object'],
    ['no input', '{"expected":"b"}', '1 validation /input: is required'],
    ['nothing expected', '{"input":"a"}', '1 validation /expected: is required'],
    ['an unknown member', '{"input":"a","label":"b"}', '1 validation /label: no such field'],
    ['an empty text', '{"input":"","expected":"b"}', '1 invalid-input /input: must not be empty'],
    [
      'another type',
      '{"input":{"text":5},"expected":"b"}',
      '1 validation /input/text: Invalid input: expected string',
    ],
    ['something else expected', '{"input":"a","expected":true}', '1 validation /expected: must be a label,'],
    [
      'nothing that a slice is',
      '{"input":"a","expected":"b","slice":{"x":1}}',
      '1 validation /slice/x: must be a string',
    ],
    [
      'a number too large',
      '{"input":"a","expected":1e999}',
      '1 malformed-json The number at /expected is too large.',
    ],
    ['U+0000', '{"input":"a\\u0000","expected":"b"}', '1 invalid-text /input: holds U+0000'],
    [
      'a surrogate alone',
      '{"input":"\\ud800","expected":"b"}',
      '1 invalid-text /input: holds U+0000 or an unpaired',
    ],
    [
      'a prototype',
      '{"input":"a","expected":"b","slice":{"__proto__":"x"}}',
      '1 validation /slice/__proto__: no such field',
    ],
    [
      'a choice that is none',
      '{"input":{"prompt":"p","choices":["a","b"]},"expected":2}',
      '1 validation /expected: there are 2 choices',
    ],
    [
      'a grade too few',
      '{"input":{"query":"q","documents":["a","b"]},"expected":[1]}',
      '1 validation /expected: needs a grade for each of 2',
    ],
    [
      'deep nesting',
      `{"input":${'['.repeat(100_000)}`,
      `1 malformed-json Objects and lists may be nested ${LIMITS.maxJsonDepth} deep.`,
    ],
    ['many members', `{${Array.from({ length: 70 }, (_, i) => `"m${i}":1`).join(',')}}`, '1 validation'],
    ['a label twice', '{"input":"a","expected":["b","c","b"]}', '1 validation /expected: has "b" twice'],
    ['blank lines only', '\n \r\n\n', 'null empty-file The dataset has no examples.'],
    ['nothing', '', 'null empty-file The dataset has no examples.'],
  ])('with %s is refused', async (_, text, problem) => {
    const { problems } = await readAll(fileOf('d.jsonl', text, 1024), 'jsonl');
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(problem);
  });

  it('goes on after a bad line, and takes a byte order mark, CRLF and blank lines', async () => {
    const good = '{"input":"a","expected":"b"}';
    const text = Buffer.concat([
      Buffer.from(`\ufeff${good}\r\n\r\n{"input":"`),
      Buffer.from([0xff, 0xfe]),
      Buffer.from(`","expected":"b"}\r\n${good}`),
    ]);
    const { examples, problems } = await readAll(fileOf('d.jsonl', text), 'jsonl');
    expect(examples.map(({ line }) => line)).toEqual([1, 4]);
    expect(problems).toEqual(['3 not-utf8 The line holds bytes that are not UTF-8.']);
  });

  it('passes over a line that is too long without keeping it', async () => {
    const lines = `{"input":"${'x'.repeat(MAX_LINE_BYTES)}"}\n{"input":"a","expected":"b"}\n`;
    const { examples, problems } = await readAll(fileOf('d.jsonl', lines, 64 * 1024), 'jsonl');
    expect(examples.map(({ line }) => line)).toEqual([2]);
    expect(problems).toEqual([`1 line-too-long A line has at most ${MAX_LINE_BYTES} bytes.`]);
  });

  it('is told of entities beyond the text, in code points', async () => {
    const line = (end: number) =>
      `{"input":"😀 Ada","expected":[{"entity_group":"PER","start":2,"end":${end}}]}\n`;
    const { examples, problems } = await readAll(fileOf('d.jsonl', line(5) + line(6)), 'jsonl', {
      task: 'token-classification',
    });
    expect(examples).toHaveLength(1);
    expect(problems).toEqual(['2 validation /expected/0/end: the text has 5 characters']);
  });

  it('has other members where a mapping says so', async () => {
    const text =
      '{"sentence":"fine","stars":5,"genre":null}\n{"sentence":"bad"}\n{"sentence":null,"stars":1}\n';
    const { examples, problems } = await readAll(fileOf('d.jsonl', text), 'jsonl', {
      mapping: { input: { text: 'sentence' }, expected: { value: 'stars' }, slice: { genre: 'genre' } },
    });
    expect(examples).toEqual([{ input: 'fine', expected: 5, line: 1 }]);
    expect(problems).toEqual(['2 validation /stars: is required', '3 validation /sentence: is required']);
  });

  it.each([
    [{ 1: 3, 2.5: 1 }, 0],
    [{}, 0],
    [{ 0: 1 }, 1],
    [{ '-1': 1 }, 1],
    [{ x: 1 }, 1],
    [{ 1: 0.5 }, 1],
    [{ 1: 100_001 }, 1],
  ])('counts documents that are missing as %j, with %d problems', async (missing, count) => {
    const line = { input: { query: 'q', documents: ['d'] }, expected: { grades: [-1], missing } };
    const { problems } = await readAll(fileOf('d.jsonl', JSON.stringify(line)), 'jsonl');
    expect(problems).toHaveLength(count);
  });

  it('with a mapping has no answer where a cell says null', async () => {
    const text = '{"q":"a","c":"b","a":null}\n{"q":"a","c":"b"}\n';
    const { examples, problems } = await readAll(fileOf('d.jsonl', text), 'jsonl', {
      mapping: { input: { question: 'q', context: 'c' }, expected: { answers: 'a' } },
    });
    expect(examples.map(({ expected }) => expected)).toEqual([[]]);
    expect(problems).toEqual(['2 validation /a: is required']);
  });

  it('is not written with a line that would not be read', async () => {
    async function* one() {
      yield { input: '語'.repeat(4_000_000), expected: 'x', line: 7 };
    }
    await expect(convert(one()).next()).rejects.toThrow('The example of line 7 has more than 8388608 bytes');
  });

  it('comes back as it was written', async () => {
    const text = fc.string({ unit: 'binary', minLength: 1 }).filter((one) => !one.includes('\0'));
    const slice = fc.dictionary(
      fc
        .string({ unit: 'grapheme', minLength: 1 })
        .filter((name) => name !== '__proto__' && !name.includes('\0')),
      text,
      { noNullPrototype: true, maxKeys: 1 },
    );
    const item = fc.oneof(text, fc.record({ text, text_pair: text }));
    const expected = fc.oneof(
      text,
      fc.uniqueArray(text),
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((x) => x + 0),
    );
    const example = fc.record(
      { input: item, expected, group: text, slice },
      { requiredKeys: ['input', 'expected'] },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(example, { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 1, max: 50 }),
        async (given, chunk) => {
          const written: string[] = [];
          for await (const line of convert(numbered(given))) written.push(line);
          const { examples, problems } = await readAll(fileOf('d.jsonl', written.join(''), chunk), 'jsonl');
          expect(problems).toEqual([]);
          expect(examples).toEqual(given.map((one, i) => ({ ...one, line: i + 1 })));
        },
      ),
      { numRuns: 200 },
    );
  });
});

async function* numbered(given: Omit<SourceExample, 'line'>[]): AsyncGenerator<SourceExample> {
  for (const [i, one] of given.entries()) yield { ...one, line: i + 1 };
}
