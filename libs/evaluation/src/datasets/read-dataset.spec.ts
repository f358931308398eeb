import { describe, expect, it } from 'vitest';
import { fileOf, fixture, readAll } from '../../test/dataset-files.js';
import { METRICS_BY_TASK } from '../metrics/tasks.js';
import { EVALUATED_TASKS } from './check-example.js';
import { formatNamed } from './formats/formats.js';
import { MAX_COUNTED_PROBLEMS, MAX_EXAMPLES, MAX_PROBLEMS } from './limits.js';
import type { ReadOptions } from './options.js';
import { readDataset } from './read-dataset.js';

const line = (id: string) => `{"input":{"id":"${id}","text":"x"},"expected":"y"}\n`;

describe('a dataset', () => {
  it('is one of several files, whose ids differ', async () => {
    const { examples, problems, report } = await readAll(
      [fileOf('1.jsonl', line('a') + line('b')), fileOf('2.jsonl', line('b') + line('c'))],
      'jsonl',
    );
    expect(examples.map(({ input }) => (input as { id: string }).id)).toEqual(['a', 'b', 'c']);
    expect(problems).toEqual(['1 validation Line 2 of 1.jsonl has the same id, "b".']);
    expect(report.problems[0]!.file).toBe('2.jsonl');
  });

  it('has at most so many examples', async () => {
    const lines = '{"input":"x","expected":"y"}\n'.repeat(5);
    const { examples, report } = readDataset([fileOf('d.jsonl', lines)], 'jsonl');
    report.examples = MAX_EXAMPLES - 3;
    let count = 0;
    for await (const _ of examples) count++;
    expect(count).toBe(3);
    expect(report.problems).toEqual([
      {
        file: 'd.jsonl',
        line: 4,
        code: 'too-many-lines',
        message: `A dataset has at most ${MAX_EXAMPLES} examples.`,
      },
    ]);
  });

  it('tells of the first problems and counts all', async () => {
    const { report } = await readAll(fileOf('d.jsonl', '{}\n'.repeat(250), 64), 'jsonl');
    expect(report.problems).toHaveLength(MAX_PROBLEMS);
    expect(report.problems.at(-1)!.line).toBe(MAX_PROBLEMS);
    expect(report.problemCount).toBe(250);
  });

  it('fits the task that is asked for', async () => {
    const { problems } = await readAll(fixture('snli.jsonl'), 'nli', { task: 'zero-shot-classification' });
    expect(problems).toEqual(['1 validation /input/text_pair: no such field']);
    const { examples } = await readAll(fixture('glue/sst2.tsv'), 'glue-sst2', {
      task: 'zero-shot-classification',
    });
    expect(examples).toHaveLength(2);
    expect(() => readDataset([], 'jsonl', { task: 'attention' })).toThrowError(
      expect.objectContaining({ code: 'task-not-supported' }),
    );
  });

  it('has places that do not depend on the model', async () => {
    const lines = ['a', 'b', 'a', 'c']
      .map((label, i) => `${JSON.stringify({ input: `t${i}`, expected: label })}\n`)
      .join('');
    const placesOf = async (names: string[]) => {
      const { examples } = readDataset([fileOf('d.jsonl', lines)], 'jsonl', { labels: { names } });
      const all: [number, unknown][] = [];
      for await (const { index, input } of examples) all.push([index, input]);
      return all;
    };
    expect(await placesOf(['a', 'b', 'c'])).toEqual([
      [0, 't0'],
      [1, 't1'],
      [2, 't2'],
      [3, 't3'],
    ]);
    expect(await placesOf(['b', 'c'])).toEqual([
      [1, 't1'],
      [3, 't3'],
    ]);
  });

  const linesOf = (...lines: object[]) => lines.map((one) => `${JSON.stringify(one)}\n`).join('');

  it.each<[string, ReadOptions, unknown[], unknown[]]>([
    ['one label', { problemType: 'single_label_classification' }, ['a', 1], ['a', '1']],
    ['one label, refused', { problemType: 'single_label_classification' }, [['a'], []], []],
    [
      'labels',
      { problemType: 'multi_label_classification' },
      [['a', 'b'], [], 'a', 1],
      [['a', 'b'], [], ['a'], ['1']],
    ],
    ['a number', { problemType: 'regression' }, [0.5, 'a', ['a']], [0.5]],
    [
      'labels by mapping',
      { problemType: 'multi_label_classification', labels: { mapping: { 1: 'x' } } },
      [1],
      [['x']],
    ],
    ['nothing told', {}, ['a', ['a'], 1, [1, 2]], ['a', ['a'], 1]],
  ])('expects what the model is measured by: %s', async (_, options, given, taken) => {
    const lines = linesOf(...given.map((expected) => ({ input: 'x', expected })));
    const { examples, problems } = await readAll(fileOf('d.jsonl', lines, 1024), 'jsonl', options);
    expect(examples.map(({ expected }) => expected)).toEqual(taken);
    expect(problems).toHaveLength(given.length - taken.length);
  });

  it('is split by ten fields of short values, the first ones', async () => {
    const sliced = (slice: object) => ({ input: 'x', expected: 'y', slice });
    const fields = (from: number, count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, i) => [`f${from + i}`, 'v']));
    const lines = linesOf(
      sliced(fields(0, 9)),
      sliced(fields(9, 2)),
      sliced(fields(9, 1)),
      sliced(fields(10, 1)),
      sliced({ f0: 'v'.repeat(129) }),
      sliced({ ['f'.repeat(65)]: 'v' }),
      sliced({ f0: 'v'.repeat(128) }),
    );
    const { examples, problems } = await readAll(fileOf('d.jsonl', lines, 1024), 'jsonl');
    expect(examples.map(({ line }) => line)).toEqual([1, 3, 7]);
    expect(problems[0]).toBe(
      '2 validation /slice: a dataset is split by at most 10 fields; "f9" is one more',
    );
    expect(problems).toHaveLength(4);
  });

  it('has groups and labels that metrics take', async () => {
    const scored = Array.from({ length: 102 }, (_, i) => ({
      input: { prompt: 'p', response: `r${i}` },
      expected: i,
      group: 'g',
    }));
    const { problems } = await readAll(fileOf('d.jsonl', linesOf(...scored), 4096), 'jsonl');
    expect(problems).toEqual([
      '101 validation /group: at most 100 examples have the same',
      '102 validation /group: at most 100 examples have the same',
    ]);
    const labelled = Array.from({ length: 10_002 }, (_, i) => ({ input: 'x', expected: `l${i}` }));
    const many = await readAll(fileOf('d.jsonl', linesOf(...labelled, labelled[0]!), 65_536), 'jsonl');
    expect(many.problems.map((one) => one.split(' ')[0])).toEqual(['10001', '10002']);
    expect(many.examples).toHaveLength(10_001);
  });

  it('has a token for each mask', async () => {
    const lines = linesOf(
      { input: 'a [MASK] b [MASK]', expected: ['x', 'y'] },
      { input: 'a [MASK]', expected: 'x' },
      { input: 'a [MASK] b [MASK]', expected: 'x' },
    );
    const { problems } = await readAll(fileOf('d.jsonl', lines, 64), 'jsonl', { task: 'fill-mask' });
    expect(problems).toEqual(['3 validation /expected: has 1 tokens, and the text 2 times [MASK]']);
  });

  it('is given up after a hundred thousand problems, giving way to others', async () => {
    const qas = '0,'.repeat(300_000);
    const text = `{"data":[{"paragraphs":[{"context":"c","qas":[${qas}0]}]}]}`;
    let ticks = 0;
    const timer = setInterval(() => ticks++, 1);
    const { report } = await readAll(fileOf('d.json', text, 65_536), 'squad');
    clearInterval(timer);
    expect(report).toMatchObject({ isGivenUp: true, problemCount: MAX_COUNTED_PROBLEMS, examples: 0 });
    expect(ticks).toBeGreaterThan(3);
  });

  it('is stopped by its signal', async () => {
    const qas = '{"question":"q","answers":[],"is_impossible":true},'.repeat(50_000);
    const text = `{"data":[{"paragraphs":[{"context":"c","qas":[${qas}0]}]}]}`;
    const signal = AbortSignal.timeout(1);
    await expect(readAll(fileOf('d.json', text, 65_536), 'squad', { signal })).rejects.toThrow('timeout');
  });

  it('says so of every file that is cut off', async () => {
    const text = '{"input":"x","expected":"y"}\n{"input":"x","ex';
    const { examples, problems } = await readAll(fileOf('d.jsonl', text), 'jsonl');
    expect(examples).toHaveLength(1);
    expect(problems).toEqual(['2 malformed-json The line is not JSON.']);
  });

  it('is of a task that has metrics', () => {
    expect([...EVALUATED_TASKS].sort()).toEqual(Object.keys(METRICS_BY_TASK).sort());
    expect(() => readDataset([], 'jsonl', { task: 'embed' })).toThrowError(
      /^Nothing is measured of embed; evaluations support/,
    );
  });

  it('has one of the formats', () => {
    expect(formatNamed('glue-mnli')).toBe('glue-mnli');
    expect(() => formatNamed('excel')).toThrowError(
      /There is no format "excel"\. Formats are beir, conll, csv/,
    );
    expect(() => formatNamed('constructor')).toThrowError(/There is no format/);
  });
});
