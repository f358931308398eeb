import { describe, expect, it } from 'vitest';
import { fileOf, fixture, readAll } from '../../../test/dataset-files.js';
import type { DatasetFile } from '../example.js';
import { MAX_WHOLE_BYTES } from '../limits.js';

const document = (qas: unknown) =>
  JSON.stringify({ data: [{ title: 't', paragraphs: [{ context: 'Ada wrote it.', qas }] }] });

describe('SQuAD', () => {
  it('2.0: questions without an answer have none', async () => {
    const { examples, problems } = await readAll(fixture('squad-v2.json'), 'squad');
    const context = 'A heddle holds warp threads — apart. Looms have many.';
    expect(problems).toEqual([]);
    expect(examples).toEqual([
      {
        input: { id: 'q1', question: 'What holds warp threads?', context },
        expected: ['A heddle', 'heddle'],
        line: 1,
      },
      { input: { id: 'q2', question: 'Who invented it?', context }, expected: [], line: 2 },
    ]);
  });

  it('1.1: every question has one', async () => {
    const { examples } = await readAll(fixture('squad-v1.json'), 'squad');
    expect(examples.map(({ expected }) => expected)).toEqual([['A heddle']]);
    const { problems } = await readAll(
      fileOf('s.json', document([{ id: 'a', question: 'Who?', answers: [] }])),
      'squad',
    );
    expect(problems).toEqual([
      '1 validation /data/0/paragraphs/0/qas/0/answers: is empty, and is_impossible is not true',
    ]);
  });

  it('takes a byte order mark', async () => {
    const answered = [{ question: 'Who?', answers: [{ text: 'Ada', answer_start: 0 }] }];
    const { examples } = await readAll(fileOf('s.json', `\ufeff${document(answered)}\r\n`), 'squad');
    expect(examples).toHaveLength(1);
  });

  it.each([
    [
      'cut off',
      '{"data":[{"title":"t","paragr',
      'null malformed-json The file ends before its JSON does; it may have been cut off.',
    ],
    ['no JSON', '{"data":[\n{"title":1 2}]}', 'null malformed-json The file is not JSON: line 2 is wrong.'],
    ['without data', '{"version":"v2.0"}', 'null validation /data: is required'],
    ['without paragraphs', '{"data":[{}]}', 'null validation /data/0/paragraphs: is required'],
    [
      'without a context',
      '{"data":[{"paragraphs":[{"qas":[]}]}]}',
      'null validation /data/0/paragraphs/0/context: is required',
    ],
    [
      'without a question',
      document([{ answers: [] }]),
      '1 validation /data/0/paragraphs/0/qas/0/question: is required',
    ],
    [
      'with an answer that is no text',
      document([{ question: 'q', answers: ['a'] }]),
      '1 validation /data/0/paragraphs/0/qas/0/answers/0: must be an object',
    ],
    [
      'many lines before a fault',
      `{${'\n'.repeat(3_000)}x`,
      'null malformed-json The file is not JSON: line 3001 is wrong.',
    ],
    ['nested deep', '['.repeat(1000), 'null malformed-json Objects and lists may be nested 64 deep.'],
    [
      'not UTF-8',
      Buffer.from('{"data":\n"\xff"}', 'latin1'),
      '2 not-utf8 The line holds bytes that are not UTF-8.',
    ],
    ['of no question', '{"data":[]}', 'null empty-file The dataset has no examples.'],
  ])('that is %s is refused', async (_, content, problem) => {
    const { examples, problems } = await readAll(fileOf('s.json', content), 'squad');
    expect(examples).toEqual([]);
    expect(problems).toEqual([problem]);
  });

  it('gives the first of two questions with one id', async () => {
    const one = { id: 'a', question: 'Who?', answers: [{ text: 'Ada', answer_start: 0 }] };
    const { examples, problems } = await readAll(fileOf('s.json', document([one, one])), 'squad');
    expect(examples).toHaveLength(1);
    expect(problems).toEqual(['2 validation Line 1 has the same id, "a".']);
  });

  it('is not read on when it is too large', async () => {
    let given = 0;
    const chunk = new Uint8Array(16 * 1024 * 1024);
    const endless: DatasetFile = {
      name: 's.json',
      bytes: (async function* () {
        for (;;) {
          given += chunk.length;
          yield chunk;
        }
      })(),
    };
    const { problems } = await readAll(endless, 'squad');
    expect(problems[0]).toContain(
      `null payload-too-large A file of this format is read as a whole and has at most ${MAX_WHOLE_BYTES} bytes`,
    );
    expect(given).toBeLessThanOrEqual(MAX_WHOLE_BYTES + chunk.length);
  });
});
