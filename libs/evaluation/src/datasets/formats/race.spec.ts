import { describe, expect, it } from 'vitest';
import { fileOf, fixture, readAll } from '../../../test/dataset-files.js';

describe('RACE', () => {
  it('has passages of questions, in one file or many', async () => {
    const { examples, problems } = await readAll(
      [fixture('race-high.jsonl'), fixture('race-middle1.txt')],
      'race',
    );
    const prompt = 'A heddle is a part of a loom. It holds threads.';
    expect(problems).toEqual([]);
    expect(examples).toEqual([
      {
        input: {
          id: 'high1.txt-0',
          prompt,
          choices: [
            'A heddle is a bird .',
            'A heddle is a fish .',
            'A heddle is a part of a loom .',
            'A heddle is a hat .',
          ],
        },
        expected: 2,
        slice: { level: 'high' },
        line: 1,
      },
      {
        input: {
          id: 'high1.txt-1',
          prompt,
          choices: [
            'What does it hold? threads',
            'What does it hold? stones',
            'What does it hold? rain',
            'What does it hold? bread',
          ],
        },
        expected: 0,
        slice: { level: 'high' },
        line: 1,
      },
      {
        input: {
          id: 'middle1.txt-0',
          prompt: 'Ada wrote it.',
          choices: ['Who wrote it? Bob', 'Who wrote it? Ada', 'Who wrote it? Eve', 'Who wrote it? Dan'],
        },
        expected: 1,
        slice: { level: 'middle' },
        line: 1,
      },
    ]);
  });

  it('may have a question a line, and its level in the name of the file', async () => {
    const line = JSON.stringify({ article: 'a', question: 'q', options: ['x', 'y'], answer: 'B' });
    const { examples } = await readAll(fileOf('race/dev/middle.jsonl', line), 'race');
    expect(examples).toEqual([
      { input: { prompt: 'a', choices: ['q x', 'q y'] }, expected: 1, slice: { level: 'middle' }, line: 1 },
    ]);
  });

  it('may have several lines with the id of one passage', async () => {
    const line = (id: string, question: string) =>
      `${JSON.stringify({ article: 'a', example_id: id, question, options: ['x', 'y'], answer: 'B' })}\n`;
    const text = line('high1.txt', 'q1') + line('middle2.txt', 'q') + line('high1.txt', 'q2');
    const { examples, problems } = await readAll(fileOf('race_all.jsonl', text), 'race');
    expect(problems).toEqual([]);
    expect(examples.map(({ input, slice }) => [(input as { id: string }).id, slice?.level])).toEqual([
      ['high1.txt-0', 'high'],
      ['middle2.txt-0', 'middle'],
      ['high1.txt-1', 'high'],
    ]);
  });

  it.each([
    ['race_middle.jsonl', 'middle'],
    ['high/1.txt', 'high'],
    ['highest.jsonl', undefined],
    ['thigh.jsonl', undefined],
  ])('%s is of level %s', async (name, level) => {
    const line = JSON.stringify({ article: 'a', question: 'q', options: ['x', 'y'], answer: 'B' });
    const { examples } = await readAll(fileOf(name, line), 'race');
    expect(examples[0]!.slice?.level).toBe(level);
  });

  it.each([
    [
      'an answer too few',
      { article: 'a', questions: ['q'], options: [['x', 'y']], answers: [] },
      '1 validation /questions: 1 questions, 1 lists of options and 0 answers',
    ],
    [
      'a letter that is no option',
      { article: 'a', questions: ['q'], options: [['x', 'y']], answers: ['C'] },
      '1 validation /answers: "C" is the letter of none of 2 options',
    ],
    [
      'an option that is no text',
      { article: 'a', questions: ['q'], options: [['x', 5]], answers: ['A'] },
      '1 validation /options/0/1: must be a string',
    ],
    [
      'one option',
      { article: 'a', questions: ['q'], options: [['x']], answers: ['A'] },
      '1 validation /input/choices:',
    ],
    ['no article', { questions: ['q'] }, '1 validation /article: is required'],
  ])('with %s is refused', async (_, passage, problem) => {
    const { problems } = await readAll(fileOf('r.jsonl', JSON.stringify(passage)), 'race');
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(problem);
  });
});
