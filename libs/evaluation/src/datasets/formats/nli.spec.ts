import { describe, expect, it } from 'vitest';
import { fileOf, fixture, readAll } from '../../../test/dataset-files.js';

describe('NLI', () => {
  it('MultiNLI: pairs without a gold label are skipped, and counted', async () => {
    const { examples, problems, report } = await readAll(fixture('multinli.jsonl'), 'nli');
    expect(problems).toEqual([]);
    expect(report.skipped).toBe(1);
    expect(report.examples).toBe(2);
    expect(examples).toEqual([
      {
        input: { id: '63735n', text: 'A new test.', text_pair: 'A test was held.' },
        expected: 'neutral',
        slice: { genre: 'government', section: 'matched' },
        line: 1,
      },
      {
        input: { id: '2c', text: 'It rains.', text_pair: 'It is dry.' },
        expected: 'contradiction',
        slice: { genre: 'letters', section: 'mismatched' },
        line: 3,
      },
    ]);
  });

  it('SNLI has no genres', async () => {
    const { examples } = await readAll(fixture('snli.jsonl'), 'nli');
    expect(examples).toEqual([
      {
        input: { id: '1.jpg#0r1e', text: 'A dog runs.', text_pair: 'An animal moves.' },
        expected: 'entailment',
        line: 1,
      },
    ]);
  });

  it('has labels that the model writes otherwise', async () => {
    const names = ['CONTRADICTION', 'NEUTRAL', 'ENTAILMENT'];
    const { examples } = await readAll(fixture('snli.jsonl'), 'nli', { labels: { names } });
    expect(examples[0]!.expected).toBe('ENTAILMENT');
  });

  it.each([
    [
      'an unknown label',
      '{"gold_label":"maybe","sentence1":"a","sentence2":"b"}',
      '1 validation /gold_label: "maybe" is none of',
    ],
    ['no label', '{"sentence1":"a","sentence2":"b"}', '1 validation /gold_label: is required'],
    ['no sentence', '{"gold_label":"neutral","sentence1":"a"}', '1 validation /sentence2: is required'],
  ])('with %s is refused', async (_, line, problem) => {
    const { problems } = await readAll(fileOf('n.jsonl', line), 'nli');
    expect(problems[0]).toContain(problem);
  });
});
