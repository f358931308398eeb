import { describe, expect, it } from 'vitest';
import { fileOf, fixture, readAll } from '../../../test/dataset-files.js';

const read = async (task: string, name: string) => {
  const { examples, problems } = await readAll(fixture(`glue/${name}.tsv`), task as 'glue-cola');
  expect(problems).toEqual([]);
  return examples;
};

describe('GLUE', () => {
  it('CoLA has no header, and nothing is quoted', async () => {
    expect(await read('glue-cola', 'cola')).toEqual([
      { input: 'The book was "read.', expected: 'acceptable', line: 1 },
      { input: 'Book the read was.', expected: 'unacceptable', line: 2 },
    ]);
  });

  it('SST-2', async () => {
    expect(await read('glue-sst2', 'sst2')).toEqual([
      { input: 'it \'s a " charming journey ', expected: 'positive', line: 2 },
      { input: 'a dull film ', expected: 'negative', line: 3 },
    ]);
  });

  it('MRPC begins with a byte order mark and ends its lines with CRLF', async () => {
    expect(await read('glue-mrpc', 'mrpc')).toEqual([
      { input: { text: 'He said "yes.', text_pair: 'He agreed.' }, expected: 'equivalent', line: 2 },
      { input: { text: 'It rained.', text_pair: 'It snowed.' }, expected: 'not_equivalent', line: 3 },
    ]);
  });

  it('QQP', async () => {
    expect(await read('glue-qqp', 'qqp')).toEqual([
      { input: { text: 'How old?', text_pair: 'What age?' }, expected: 'duplicate', line: 2 },
      { input: { text: 'Who?', text_pair: 'When?' }, expected: 'not_duplicate', line: 3 },
    ]);
  });

  it('STS-B has scores', async () => {
    expect(await read('glue-stsb', 'stsb')).toEqual([
      {
        input: { text: 'A man sings.', text_pair: 'A man is singing.' },
        expected: 4.8,
        slice: { genre: 'main-captions' },
        line: 2,
      },
      { input: { text: 'Rain.', text_pair: 'Sun.' }, expected: 0, slice: { genre: 'main-news' }, line: 3 },
    ]);
  });

  it('MNLI has genres, matched and mismatched', async () => {
    expect(await read('glue-mnli', 'mnli')).toEqual([
      {
        input: { text: 'It "rains.', text_pair: 'It is wet.' },
        expected: 'entailment',
        slice: { genre: 'slate', section: 'matched' },
        line: 2,
      },
      {
        input: { text: 'It rains.', text_pair: 'It is dry.' },
        expected: 'contradiction',
        slice: { genre: 'verbatim', section: 'mismatched' },
        line: 3,
      },
    ]);
  });

  it('QNLI, RTE and WNLI', async () => {
    const labels = async (name: string) => (await read(`glue-${name}`, name)).map(({ expected }) => expected);
    expect(await labels('qnli')).toEqual(['entailment', 'not_entailment']);
    expect(await labels('rte')).toEqual(['entailment', 'not_entailment']);
    expect(await labels('wnli')).toEqual(['entailment', 'not_entailment']);
  });

  it('skips pairs of MNLI without a gold label', async () => {
    const text = 'genre\tsentence1\tsentence2\tgold_label\ng\ta\tb\t-\ng\ta\tb\tneutral\n';
    const { examples, problems, report } = await readAll(fileOf('dev.tsv', text), 'glue-mnli');
    expect(problems).toEqual([]);
    expect(report.skipped).toBe(1);
    expect(examples.map(({ line }) => line)).toEqual([3]);
  });

  it.each([
    [
      'columns of another task',
      'glue-rte',
      'sentence\tlabel\na\t1\n',
      [
        '1 validation glue-rte has the columns sentence1, sentence2, label; the first line lacks sentence1, sentence2.',
      ],
    ],
    [
      'a test file',
      'glue-sst2',
      'index\tsentence\n0\ta\n',
      [
        '1 validation glue-sst2 has the columns sentence, label; the first line lacks label. A test file without labels cannot be evaluated.',
      ],
    ],
    [
      'a line of fewer columns',
      'glue-sst2',
      'sentence\tlabel\na\n',
      ['2 validation the line has 1 columns, and 2 are expected'],
    ],
    [
      'a line of more columns',
      'glue-sst2',
      'sentence\tlabel\na\tb\t1\n',
      ['2 validation the line has 3 columns, and 2 are expected'],
    ],
    [
      'an unknown label',
      'glue-sst2',
      'sentence\tlabel\na\t2\n',
      ['2 validation /label: "2" is none of 0, 1'],
    ],
    [
      'a label that is no own name',
      'glue-sst2',
      'sentence\tlabel\na\tconstructor\n',
      ['2 validation /label: "constructor" is none of 0, 1'],
    ],
    [
      'no label',
      'glue-sst2',
      'sentence\tlabel\na\t\n',
      ['2 validation /label: is required: without labels nothing can be evaluated'],
    ],
    [
      'a score that is no number',
      'glue-stsb',
      'genre\tsentence1\tsentence2\tscore\ng\ta\tb\thigh\n',
      ['2 validation /score: "high" is not a number'],
    ],
    ['an empty text', 'glue-sst2', 'sentence\tlabel\n\t1\n', ['2 invalid-input /input: must not be empty']],
    [
      'bytes that are not UTF-8',
      'glue-sst2',
      Buffer.from('sentence\tlabel\n\xe9\t1\n', 'latin1'),
      ['2 not-utf8 The line holds bytes that are not UTF-8.'],
    ],
    ['a header alone', 'glue-sst2', 'sentence\tlabel\n', ['null empty-file The dataset has no examples.']],
  ])('%s is refused', async (_, task, content, expected) => {
    const { examples, problems } = await readAll(fileOf('d.tsv', content), task as 'glue-rte');
    expect(examples).toEqual([]);
    expect(problems).toEqual(expected);
  });
});
