import { LIMITS } from '@heddle/contracts';
import type { LineError } from '@heddle/store';
import { testManifest } from '@heddle/testing';
import { describe, expect, it } from 'vitest';
import { makeJobs, nextLines } from './make-jobs.js';
import type { LineRules } from './parse-line.js';
import { validateFile } from './validate-file.js';

const rules: LineRules = {
  task: 'zero-shot-classification',
  parameters: { multi_label: true },
  manifest: testManifest({ tasks: ['zero-shot-classification'] }),
  dialect: null,
};
const labels = { candidate_labels: ['a', 'b'] };
const line = (custom_id: unknown, rest: Record<string, unknown> = { input: 'x', parameters: labels }) =>
  JSON.stringify({ custom_id, ...rest });

async function* streamOf(file: string | Buffer): AsyncGenerator<Buffer> {
  yield Buffer.from(file as string);
}
async function validate(file: string | Buffer, own: Partial<LineRules> = {}) {
  const faults: LineError[] = [];
  const found = await validateFile(
    streamOf(file),
    { lines: { ...rules, ...own }, isSameModel: async (name) => name === 'm' },
    async (some) => void faults.push(...some),
  );
  expect(faults).toHaveLength(found.invalid);
  return found;
}
const codes = async (file: string | Buffer) =>
  (await validate(file)).errors.map(({ line: number, code, custom_id }) => [number, code, custom_id]);

describe('a file', () => {
  it('of good lines has no errors', async () => {
    const file = [
      line('1'),
      line('2', { input: { text: 'y' }, parameters: { ...labels, truncate: true } }),
    ].join('\r\n');
    expect(await validate(file)).toEqual({ total: 2, invalid: 0, errors: [], errorCount: 0, broken: false });
  });

  it('is told what is wrong with which line, and goes on', async () => {
    const file = [
      'no json',
      line('b', { input: 'x' }),
      line('c', { input: '', parameters: labels }),
      line('d', { input: 'x', parameters: labels, extra: 1 }),
      line(7),
      line(''),
      line('x'.repeat(129)),
      '[1]',
      line('e', { parameters: labels }),
      `{"custom_id":"f","input":"\\u0000","parameters":{"candidate_labels":["a"]}}`,
      line('g', { input: 'x', parameters: { ...labels, colour: 1 } }),
      '['.repeat(70),
      line('good'),
    ].join('\n');
    const found = await validate(file);
    expect(found).toMatchObject({ total: 13, invalid: 12, errorCount: 12, broken: false });
    expect(found.errors.map(({ code }) => code)).toEqual([
      'malformed-json',
      ...Array.from({ length: 10 }, () => 'validation'),
      'malformed-json',
    ]);
    const messages = found.errors.map(({ message }) => message);
    expect(messages[1]).toBe('/parameters/candidate_labels: is required');
    expect(messages[2]).toBe('/input: must not be empty');
    expect(messages[3]).toBe('/extra: no such field');
    expect(messages[8]).toBe('/input: is required');
    expect(found.errors.map((error) => error.custom_id)).toEqual([
      null,
      'b',
      'c',
      'd',
      null,
      null,
      null,
      null,
      'e',
      'f',
      'g',
      null,
    ]);
  });

  it('is told in short of what is long, and of nothing that cannot be stored', async () => {
    for (const name of ['~'.repeat(1_000_000), `x${'😀'.repeat(200_000)}`, 'nul \u0000 in it']) {
      const [error] = (await validate(line('a', { input: 'x', parameters: labels, [name]: 1 }))).errors;
      expect(error!.code).toBe('validation');
      expect(error!.message.length).toBeLessThan(1_000);
      expect(error!.message.isWellFormed() && !error!.message.includes('\u0000')).toBe(true);
    }
  });

  it('as a whole is wrong where it is empty, has too many lines, ids that are there twice, or other bytes than UTF-8', async () => {
    for (const empty of ['', '\n\r\n', '\ufeff'])
      expect(await codes(empty)).toEqual([[null, 'empty-file', null]]);
    expect(await codes([line('a'), line('b'), line('a')].join('\n'))).toEqual([
      [3, 'duplicate-custom-id', 'a'],
    ]);
    const bytes = Buffer.concat([
      Buffer.from(`${line('a')}\n{"custom_id":"`),
      Buffer.from([0xff]),
      Buffer.from('"}'),
    ]);
    expect(await codes(bytes)).toEqual([[2, 'not-utf8', null]]);
    for (const file of ['', [line('a'), line('a')].join('\n'), bytes])
      expect((await validate(file)).broken).toBe(true);
  });

  it('may have 50,000 lines and not one more', { timeout: 120_000 }, async () => {
    const own = { task: 'text-classification', parameters: {} } as const;
    const lines = Array.from({ length: LIMITS.maxBatchLines }, (_, i) => `{"custom_id":"${i}","input":"x"}`);
    expect(await validate(lines.join('\n\n'), own)).toMatchObject({ total: 50_000, errorCount: 0 });
    lines.push(line('one more'));
    const found = await validate(lines.join('\n'), own);
    expect(found.errors).toMatchObject([{ line: 50_001, code: 'too-many-lines' }]);
    expect(found.broken).toBe(true);
  });

  it('shows the first errors and counts all', async () => {
    const found = await validate(Array.from({ length: 2_500 }, () => 'x').join('\n'));
    expect([found.errorCount, found.errors.length, found.total]).toEqual([
      2_500,
      LIMITS.maxBatchErrors,
      2_500,
    ]);
  });
});

describe('jobs', () => {
  const text: LineRules = { ...rules, task: 'text-classification', parameters: {} };

  it('have lines of equal parameters and similar length, each line once', async () => {
    const file = Array.from({ length: 3_000 }, (_, i) => {
      const parameters = i % 3 === 0 ? { top_k: 1 } : i % 3 === 1 ? {} : { top_k: 1, truncate: false };
      return JSON.stringify({
        custom_id: String(i),
        input: 'word '.repeat(1 + ((i * 7919) % 300)),
        parameters,
      });
    }).join('\n');
    const { lines } = await nextLines(streamOf(file), { byte: 0, line: 1 });
    const { jobs, errors, last } = await makeJobs(lines, text, new Set([2, 3]));
    expect(errors).toEqual([]);
    const made = jobs.flatMap((job) => job.lines).sort((a, b) => a - b);
    expect(made).toEqual(
      lines
        .filter(({ number }) => ![2, 3].includes(number) && number <= last!.number)
        .map(({ number }) => number),
    );
    for (const { lines: own, inputs, cost } of jobs) {
      expect(JSON.parse(inputs)).toHaveLength(own.length);
      expect(cost).toBeLessThanOrEqual(4_096);
      const lengths = (JSON.parse(inputs) as string[]).map((input) => input.length);
      expect(lengths).toEqual(lengths.toSorted((a, b) => a - b));
    }
    // Equal as they are meant, with the task's defaults.
    expect(new Set(jobs.map((job) => JSON.stringify(job.parameters))).size).toBe(2);
  });

  it('of large parameters are made a few at a time', async () => {
    const ignored = Array.from({ length: 100 }, (_, i) => `${i}${'y'.repeat(600)}`);
    const wide: LineRules = {
      task: 'token-classification',
      parameters: { ignore_labels: ignored },
      manifest: testManifest({ tasks: ['token-classification'] }),
      dialect: null,
    };
    const file = Array.from({ length: 200 }, (_, i) =>
      line(`${i}`, { input: 'x', parameters: { stride: i } }),
    );
    const { lines } = await nextLines(streamOf(file.join('\n')), { byte: 0, line: 1 });
    const { jobs, errors, last } = await makeJobs(lines, wide, new Set());
    expect([errors, jobs.flatMap((job) => job.lines)]).toEqual([
      [],
      lines.slice(0, last!.number).map(({ number }) => number),
    ]);
    expect(JSON.stringify(jobs).length).toBeLessThan(3 * 1024 * 1024);
  });

  it('of lines of OpenAI’s form are one for each that has several items', async () => {
    const origin = { source: 'openai', endpoint: '/v1/classifications', model: 'm' };
    const rulesOfOpenai: LineRules = { ...text, dialect: origin };
    const lineOf = (customId: string, input: unknown) =>
      JSON.stringify({
        custom_id: customId,
        method: 'POST',
        url: origin.endpoint,
        body: { model: 'm', input },
      });
    const file = [lineOf('a', 'one'), lineOf('b', ['two', 'three']), lineOf('c', ['four'])];
    expect(await validate(file.join('\n'), rulesOfOpenai)).toMatchObject({ total: 3, invalid: 0 });
    const { lines } = await nextLines(streamOf(file.join('\n')), { byte: 0, line: 1 });
    const { jobs, errors } = await makeJobs(lines, rulesOfOpenai, new Set());
    expect(errors).toEqual([]);
    expect(jobs.map((job) => [job.lines, JSON.parse(job.inputs)])).toEqual([
      [
        [1, 3],
        ['one', 'four'],
      ],
      [
        [2, 2],
        ['two', 'three'],
      ],
    ]);
  });

  it('come of lines that hold no more of their file than themselves', async () => {
    async function* sparse(): AsyncGenerator<Buffer> {
      for (let i = 0; i < 100; i++)
        yield Buffer.from(`${line(`${i}`, { input: 'x' })}${'\n'.repeat(64 * 1024)}`);
    }
    const { lines, done } = await nextLines(sparse(), { byte: 0, line: 1 });
    expect([lines.length, done]).toEqual([17, false]);
    expect(lines.every(({ bytes }) => bytes!.buffer.byteLength <= Buffer.poolSize)).toBe(true);
  });

  it('of a long line are its own', async () => {
    const long = JSON.stringify({ custom_id: 'l', input: { text: 'x'.repeat(199_000) } });
    const file = [long, line('s', { input: 'short' }), long.replace('"l"', '"m"')].join('\n');
    const { lines, done } = await nextLines(streamOf(file), { byte: 0, line: 1 });
    const { jobs } = await makeJobs(lines, text, new Set());
    expect([done, jobs.flatMap((job) => job.lines).sort()]).toEqual([true, [1, 2, 3]]);
  });
});
