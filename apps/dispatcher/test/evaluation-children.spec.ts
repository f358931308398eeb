import { readFile } from 'node:fs/promises';
import { createAccumulator, readDataset, reportOf } from '@heddle/evaluation';
import { waitFor } from '@heddle/testing';
import { afterEach, expect, it } from 'vitest';
import { type ReadWork, readInChild } from '../src/evaluations/child/read-in-child.js';
import { type AnsweredRow, reportInChild } from '../src/evaluations/child/report-in-child.js';

/** Processes that this one has started and that run. */
const children = async () =>
  (await readFile(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8'))
    .trim()
    .split(' ')
    .filter(Boolean);
afterEach(async () => expect(await children()).toEqual([]));
const never = new AbortController().signal;
async function all<Each>(source: AsyncIterable<Each>): Promise<Each[]> {
  const found: Each[] = [];
  for await (const one of source) found.push(one);
  return found;
}

const question = (i: number) => ({
  id: `q${i}`,
  question: `question ${i}?`,
  ...(i % 2 ? { is_impossible: true, answers: [] } : { answers: [{ text: `answer ${i}`, answer_start: 0 }] }),
});
const squad = (questions: object[]) =>
  JSON.stringify({ data: [{ title: 't', paragraphs: [{ context: 'a context', qas: questions }] }] });
const work = (bytes: number, from = 0): ReadWork => ({
  name: 'dev.json',
  bytes,
  ...{ format: 'squad', from },
  options: { task: 'question-answering' },
});
async function* inPieces(text: string): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
}

it('reads as the dispatcher itself would, and ends with the last example', async () => {
  const questions = [...Array.from({ length: 2_000 }, (_, i) => question(i)), { id: 'wrong' }];
  const text = squad(questions);
  const { examples, report } = readInChild(inPieces(text), work(Buffer.byteLength(text)), never);
  const found = await all(examples);
  const plain = readDataset([{ name: 'dev.json', bytes: inPieces(text) }], 'squad', {
    task: 'question-answering',
  });
  expect(found).toEqual(await all(plain.examples));
  expect(found).toHaveLength(2_000);
  const { problems, problemCount, isGivenUp, skipped } = plain.report;
  expect(report).toEqual({ problems, problemCount, isGivenUp, skipped });
  expect(problemCount).toBe(1);
  const rest = readInChild(inPieces(text), work(Buffer.byteLength(text), 1_990), never);
  expect(await all(rest.examples)).toEqual(found.slice(1_990));
});

it('that is not read on ends, and so does one whose work is given up', async () => {
  const text = squad(Array.from({ length: 2_000 }, (_, i) => question(i)));
  const { examples } = readInChild(inPieces(text), work(Buffer.byteLength(text)), never);
  await examples.next();
  expect(await children()).toHaveLength(1);
  await examples.return(undefined);
  expect(await children()).toEqual([]);

  const lost = new AbortController();
  const other = readInChild(inPieces(text), work(Buffer.byteLength(text)), lost.signal).examples;
  await other.next();
  lost.abort(new Error('given up'));
  await waitFor(async () => (await children()).length === 0);
  await expect(all(other)).rejects.toThrow('given up');
});

it('more bytes than the file has are another file’s', async () => {
  const { examples } = readInChild(inPieces(squad([question(1)])), work(10), never);
  await expect(examples.next()).rejects.toMatchObject({ code: 'artifact-corrupt' });
});

it('ends alone where a data set fills its memory', { timeout: 120_000 }, async () => {
  const questions = Array.from({ length: 200_000 }, (_, i) => question(i));
  const text = squad(questions);
  const { examples } = readInChild(inPieces(text), work(Buffer.byteLength(text)), never, 32);
  await expect(examples.next()).rejects.toMatchObject({ code: 'payload-too-large' });
});

it('computes the report that the dispatcher itself would', async () => {
  const rows = Array.from({ length: 1_000 }, (_, place): AnsweredRow => {
    const labels = (label: string) => ({ labels: [{ label, score: 1 }] });
    return {
      place,
      expected: place % 3 ? 'positive' : 'negative',
      group: null,
      slice: { half: place < 500 ? 'first' : 'second' },
      output: place % 100 ? labels(place % 5 ? 'positive' : 'negative') : null,
      baselineOutput: labels('positive'),
    };
  });
  async function* pages(): AsyncGenerator<AnsweredRow[]> {
    for (let at = 0; at < rows.length; at += 300) yield rows.slice(at, at + 300);
  }
  const accumulator = { task: 'text-classification', labels: ['negative', 'positive'] } as const;
  const options = { seed: 7, resamples: 200, gates: [{ metric: 'accuracy', max_drop: 0.5 }], invalid: 3 };
  const found = await reportInChild(pages(), { accumulator, hasBaseline: true, report: options }, never);

  const [version, baseline] = [createAccumulator(accumulator), createAccumulator(accumulator)];
  for (const { place: index, expected, slice, output, baselineOutput } of rows) {
    const known = { index, expected: expected as string, slice: slice! };
    if (output) version.add({ ...known, predicted: output as never });
    else version.fail(index, slice!);
    baseline.add({ ...known, predicted: baselineOutput as never });
  }
  expect(found).toEqual(await reportOf(version, { ...options, baseline }));
  expect(found).toMatchObject({ items: 990, failed: 10, coverage: 990 / 1_003 });
});

it('has no report where nothing was answered, and tells of what cannot be measured', async () => {
  const row = { place: 0, expected: 'a', group: null, slice: null, output: null, baselineOutput: null };
  const report = { seed: 0, resamples: 10 };
  const of = (rows: AnsweredRow[]) =>
    reportInChild(
      (async function* () {
        yield rows;
      })(),
      { accumulator: { task: 'text-classification' }, hasBaseline: false, report },
      never,
    );
  expect(await of([row])).toBeNull();
  const odd = { ...row, output: { labels: 'many' } };
  await expect(of([odd])).rejects.toThrow();
  await expect(of([row, row])).rejects.toMatchObject({ code: 'validation' });
});
