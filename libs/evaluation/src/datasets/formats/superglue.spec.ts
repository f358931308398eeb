import { describe, expect, it } from 'vitest';
import { fileOf, fixture, readAll } from '../../../test/dataset-files.js';
import type { SUPERGLUE } from './superglue.js';

type Task = keyof typeof SUPERGLUE;
const read = async (name: string) => {
  const { examples, problems } = await readAll(
    fixture(`superglue/${name}.jsonl`),
    `superglue-${name}` as Task,
  );
  expect(problems).toEqual([]);
  return examples;
};

describe('SuperGLUE', () => {
  it('BoolQ', async () => {
    const [yes, no] = await read('boolq');
    expect(yes).toEqual({
      input: {
        id: '0',
        text: 'is a heddle part of a loom',
        text_pair: 'Heddle -- A heddle is part of a loom.',
      },
      expected: 'true',
      line: 1,
    });
    expect(no!.expected).toBe('false');
  });

  it('CB and RTE', async () => {
    expect((await read('cb')).map(({ expected }) => expected)).toEqual(['entailment', 'neutral']);
    expect((await read('rte')).map(({ expected }) => expected)).toEqual(['entailment', 'not_entailment']);
    const { problems } = await readAll(fixture('superglue/cb.jsonl'), 'superglue-rte');
    expect(problems).toEqual(['2 validation /label: "neutral" is none of entailment, not_entailment']);
  });

  it('COPA', async () => {
    expect(await read('copa')).toEqual([
      {
        input: {
          id: '0',
          prompt: 'The glass broke. What was the cause of this?',
          choices: ['It fell.', 'It sang.'],
        },
        expected: 0,
        slice: { question: 'cause' },
        line: 1,
      },
      {
        input: {
          id: '1',
          prompt: 'It rained. What happened as a result?',
          choices: ['The sun rose.', 'The street got wet.'],
        },
        expected: 1,
        slice: { question: 'effect' },
        line: 2,
      },
    ]);
  });

  it('MultiRC: an example for every answer', async () => {
    const text = 'Ada wrote notes. Bob read them.';
    expect(await read('multirc')).toEqual([
      { input: { id: '3-0-0', text, text_pair: 'Who wrote? Ada' }, expected: 'true', group: '3-0', line: 1 },
      { input: { id: '3-0-1', text, text_pair: 'Who wrote? Bob' }, expected: 'false', group: '3-0', line: 1 },
    ]);
  });

  it('MultiRC without numbers: answers to one question are a group all the same', async () => {
    const answers = [
      { text: 'x', label: 1 },
      { text: 'y', label: 0 },
    ];
    const passage = (text: string) =>
      `${JSON.stringify({ passage: { text, questions: [{ question: 'q', answers }] } })}\n`;
    const { examples } = await readAll(fileOf('m.jsonl', passage('a') + passage('b')), 'superglue-multirc');
    expect(examples.map(({ group }) => group)).toEqual(['line 1-0', 'line 1-0', 'line 2-0', 'line 2-0']);
  });

  it('ReCoRD', async () => {
    expect(await read('record')).toEqual([
      {
        input: {
          id: '7',
          question: 'Bob was met by @placeholder.',
          context: 'Ada met Bob.\n@highlight\nThey talked.',
        },
        expected: ['Ada'],
        line: 1,
      },
    ]);
  });

  it('WiC and WSC', async () => {
    expect((await read('wic'))[0]).toEqual({
      input: {
        id: '0',
        text: 'place: Do you want to come over to my place later?',
        text_pair: 'A political system with no place for the less prominent groups.',
      },
      expected: 'false',
      line: 1,
    });
    expect((await read('wsc')).map(({ input }) => (input as { text: string }).text)).toEqual([
      '_Mark_ told Pete many lies about [himself], which Pete included.',
      '_The city council_ refused the women because [they] feared violence.',
    ]);
  });

  it.each<[string, Task, string, string]>([
    [
      'a test file',
      'superglue-boolq',
      '{"question":"q","passage":"p","idx":0}',
      '1 validation /label: is required: without labels',
    ],
    [
      'a label of another task',
      'superglue-boolq',
      '{"question":"q","passage":"p","label":"entailment"}',
      '1 validation /label: "entailment" is none of',
    ],
    [
      'an unknown question',
      'superglue-copa',
      '{"premise":"p","choice1":"a","choice2":"b","question":"why","label":0}',
      '1 validation /question: "why" is none of cause, effect',
    ],
    [
      'answers that are missing',
      'superglue-multirc',
      '{"passage":{"text":"t","questions":[{"question":"q"}]}}',
      '1 validation /passage/questions/0/answers: is required',
    ],
    [
      'a query without an answer',
      'superglue-record',
      '{"passage":{"text":"t"},"qas":[{"query":"q","answers":[]}]}',
      '1 validation /qas/0/answers: is empty',
    ],
    [
      'a word beyond the text',
      'superglue-wsc',
      '{"text":"a b","target":{"span1_index":0,"span1_text":"a","span2_index":2,"span2_text":"b"},"label":true}',
      '1 validation /target/span2_index: must be the index of a word',
    ],
    ['no JSON', 'superglue-wic', '{"word":', '1 malformed-json The line is not JSON.'],
  ])('%s is refused', async (_, task, line, problem) => {
    const { examples, problems } = await readAll(fileOf('d.jsonl', line), task);
    expect(examples).toEqual([]);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(problem);
  });
});
