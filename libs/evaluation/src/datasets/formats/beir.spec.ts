import { describe, expect, it } from 'vitest';
import { fileOf, fixture, readAll } from '../../../test/dataset-files.js';
import type { DatasetFile } from '../example.js';
import { MAX_KEPT_BYTES } from '../limits.js';

const NAMES = ['beir/corpus.jsonl', 'beir/queries.jsonl', 'beir/qrels/test.tsv', 'beir/candidates.tsv'];
/** The fixture with other files in the place of its own. */
const withFiles = (changed: Record<string, string>): DatasetFile[] =>
  NAMES.map((name) => (name in changed ? fileOf(name, changed[name]!) : fixture(name)));

describe('BEIR', () => {
  const expected = [
    {
      input: {
        id: 'q1',
        query: 'what is a heddle',
        documents: ['Loom A heddle is a part of a loom.', 'A bird sings.', 'Rain It rains.'],
      },
      expected: { grades: [2, 0, 0], missing: [], ids: ['d1', 'd2', 'd3'] },
      line: 1,
    },
  ];

  it.each(['beir/candidates.tsv', 'beir/bm25.trec'])('ranks the candidates of %s', async (candidates) => {
    const { examples, problems, report } = await readAll(
      [candidates, ...NAMES.slice(0, 3)].map(fixture),
      'beir',
    );
    expect(problems).toEqual([]);
    expect(examples).toEqual(expected);
    expect(report.skipped).toBe(1);
  });

  it('tells of relevant documents that are no candidates', async () => {
    const { examples } = await readAll(withFiles({ 'beir/candidates.tsv': 'q1\td3\t1\n' }), 'beir');
    expect(examples[0]!.expected).toEqual({ grades: [0], missing: [2], ids: ['d3'] });
  });

  it.each<[string, Record<string, string>, string[]]>([
    [
      'a candidate that the corpus lacks',
      { 'beir/candidates.tsv': 'q1\td9\t1\n' },
      ['1 validation /documents: the corpus has no document "d9"'],
    ],
    [
      'two queries of one id',
      { 'beir/queries.jsonl': '{"_id":"q1","text":"a"}\n{"_id":"q1","text":"b"}\n' },
      ['2 validation /_id: line 1 has the same id'],
    ],
    [
      'two documents of one id',
      {
        'beir/corpus.jsonl':
          '{"_id":"d1","text":"a"}\n{"_id":"d1","text":"b"}\n{"_id":"d2","text":"c"}\n{"_id":"d3","text":"d"}\n',
      },
      ['2 validation /_id: "d1" is the id of two documents'],
    ],
    [
      'a judgement of two columns',
      { 'beir/qrels/test.tsv': 'query-id\tcorpus-id\tscore\nq1\td1\n' },
      ['2 validation the line has 2 columns; query-id, corpus-id and score are three'],
    ],
    [
      'a grade that is no number',
      { 'beir/qrels/test.tsv': 'q1\td1\thigh\n' },
      ['1 validation /score: "high" is not a number'],
    ],
    [
      'a document judged twice',
      { 'beir/qrels/test.tsv': 'q1\td1\t1\nq1\td1\t0\n' },
      ['2 validation query "q1" has document "d1" twice'],
    ],
    [
      'a query without a text',
      { 'beir/queries.jsonl': '{"_id":"q1"}\n' },
      ['1 validation /text: is required'],
    ],
  ])('with %s is told of it', async (_, changed, expectedProblems) => {
    const { problems } = await readAll(withFiles(changed), 'beir');
    expect(problems).toEqual(expectedProblems);
  });

  it('is not read on when more has to be kept than may be', async () => {
    const text = 'x'.repeat(5 * 1024 * 1024);
    let given = 0;
    const bytes = (async function* () {
      for (;;) yield Buffer.from(`{"_id":"q${given++}","text":"${text}"}\n`);
    })();
    const files = withFiles({}).map((file) =>
      file.name === 'beir/queries.jsonl' ? { ...file, bytes } : file,
    );
    const { problems } = await readAll(files, 'beir');
    expect(problems).toEqual([
      `null payload-too-large What is needed at once takes more than ${MAX_KEPT_BYTES} bytes; give fewer candidates.`,
    ]);
    expect(given).toBe(Math.ceil(MAX_KEPT_BYTES / text.length));
  });

  it('leaves out documents without a text, and the query itself', async () => {
    const { examples, problems, report } = await readAll(
      withFiles({
        'beir/queries.jsonl': '{"_id":"q1","text":"a"}\n{"_id":"q2","text":"b"}\n',
        'beir/corpus.jsonl':
          '{"_id":"d1","text":""}\n{"_id":"d2","text":"c"}\n{"_id":"q1","title":"t","text":"a"}\n{"_id":"q2","text":"other"}\n',
        'beir/qrels/test.tsv': 'q1\td1\t2\nq1\td2\t1\nq2\td1\t1\n',
        'beir/candidates.tsv': 'q1\tq1\t9\nq1\td1\t8\nq1\td2\t7\nq2\tq2\t1\nq3\td1\t1\n',
      }),
      'beir',
    );
    expect(problems).toEqual([]);
    expect(examples).toEqual([
      {
        input: { id: 'q1', query: 'a', documents: ['c'] },
        expected: { grades: [1], missing: [2], ids: ['d2'] },
        line: 1,
      },
      // A document that has the id of the query by chance.
      {
        input: { id: 'q2', query: 'b', documents: ['other'] },
        expected: { grades: [0], missing: [1], ids: ['q2'] },
        line: 2,
      },
    ]);
    expect(report.skipped).toBe(0);
  });

  it('counts relevant documents that are no candidates where there are more than a list may have', async () => {
    const judged = Array.from({ length: 1500 }, (_, i) => `q1\tx${i}\t${(i % 3) - 1}\n`).join('');
    const { examples, problems } = await readAll(
      withFiles({ 'beir/qrels/test.tsv': judged + judged.replaceAll('\tx', '\ty') }),
      'beir',
    );
    expect(problems).toEqual([]);
    expect(examples[0]!.expected).toMatchObject({ missing: expect.any(Array) });
    const more = await readAll(
      withFiles({ 'beir/qrels/test.tsv': judged.replaceAll('\t-1', '\t2').replaceAll('\t0', '\t1') }),
      'beir',
    );
    expect(more.problems).toEqual([]);
    expect(more.examples[0]!.expected).toMatchObject({ missing: { 1: 1000, 2: 500 } });
  });

  it('is four files', async () => {
    const missing = await readAll(NAMES.slice(0, 2).map(fixture), 'beir');
    expect(missing.problems[0]).toMatch(
      /^null validation A BEIR dataset is .* missing: qrels, candidates\.$/,
    );
    const twice = await readAll([...NAMES, 'beir/bm25.trec'].map(fixture), 'beir');
    expect(twice.problems).toEqual([
      'null validation beir/candidates.tsv is the candidates already; a dataset has one of each.',
    ]);
    const other = await readAll([...NAMES, 'heddle.jsonl'].map(fixture), 'beir');
    expect(other.problems[0]).toContain('null validation The files of a BEIR dataset are corpus.jsonl');
    expect(other.report.problems[0]!.file).toBe('heddle.jsonl');
  });
});
