import { describe, expect, it } from 'vitest';
import { fileOf, fixture, readAll } from '../../test/dataset-files.js';
import { formatNamed } from './formats/formats.js';
import { MAX_EXAMPLES, MAX_PROBLEMS } from './limits.js';
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

  it('says so of every file that is cut off', async () => {
    const text = '{"input":"x","expected":"y"}\n{"input":"x","ex';
    const { examples, problems } = await readAll(fileOf('d.jsonl', text), 'jsonl');
    expect(examples).toHaveLength(1);
    expect(problems).toEqual(['2 malformed-json The line is not JSON.']);
  });

  it('has one of the formats', () => {
    expect(formatNamed('glue-mnli')).toBe('glue-mnli');
    expect(() => formatNamed('excel')).toThrowError(
      /There is no format "excel"\. Formats are beir, conll, csv/,
    );
    expect(() => formatNamed('constructor')).toThrowError(/There is no format/);
  });
});
