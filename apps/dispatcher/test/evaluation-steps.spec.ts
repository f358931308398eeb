import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checkParameters, LIMITS, newUuid } from '@heddle/contracts';
import type { ClaimedEvaluation, EvaluationRecord } from '@heddle/store';
import { testManifest, waitFor } from '@heddle/testing';
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { advance } from '../src/evaluations/advance.js';
import { Readers } from '../src/evaluations/examples.js';
import { resamplesOf } from '../src/evaluations/measuring.js';
import { BatchWorld } from './batch-world.js';

/** Steps are taken one by one, each as by a dispatcher that has just started. Played is the worker alone. */
let world: BatchWorld;
beforeAll(async () => {
  world = await BatchWorld.open();
  Object.assign(world.resources.logger, { info: () => undefined });
}, 60_000);
afterAll(() => world.close());
beforeEach(() =>
  world.database.query(
    "UPDATE evaluations SET completed_at = now(), state = 'canceled', released = true WHERE completed_at IS NULL",
  ),
);

const LONG = 'word '.repeat(100);
const texts = (count: number, text = LONG) =>
  Array.from({ length: count }, (_, i) => JSON.stringify({ input: `${i} ${text}`, expected: 'positive' }));
/** As long as texts count: few of them are much work. */
const LONGEST = LONG.repeat(5);
/** Every third is answered wrong. */
const labelOf = (input: string) => (Number.parseInt(input, 10) % 3 === 0 ? 'negative' : 'positive');

type Own = Partial<Parameters<BatchWorld['store']['evaluations']['create']>[0]>;
async function create(lines: string[], own: Own = {}, filename = 'd.jsonl'): Promise<string> {
  const { tenantId, store, resources } = world;
  const content = lines.join('\n');
  const path = join(world.folder, newUuid());
  await writeFile(path, content);
  const { id: fileId } = await store.files.reserve({
    tenantId,
    purpose: 'dataset',
    filename,
    bytes: Buffer.byteLength(content),
    sha256: createHash('sha256').update(content).digest('hex'),
    expiresInS: null,
    idempotency: null,
  });
  await resources.artifacts.put(path, { move: true });
  await store.files.markStored(tenantId, fileId);
  const { id } = await store.evaluations.create({
    tenantId,
    versionId: world.versionId,
    alias: null,
    baselineVersionId: null,
    task: 'text-classification',
    parameters: {},
    options: { metrics: ['accuracy'], gates: [], seed: 1, resamples: 20 },
    priority: 2,
    invalidLines: 'reject',
    windowS: 3600,
    fileId,
    metadata: {},
    idempotency: null,
    ...own,
  });
  return id;
}
/** Processes that this one has started and that run. */
const children = async () =>
  (await readFile(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8'))
    .trim()
    .split(' ')
    .filter(Boolean);
const find = async (id: string): Promise<EvaluationRecord> =>
  (await world.store.evaluations.find(world.tenantId, id))!;

/** The evaluation that is next, whatever rest it has. */
async function claim(): Promise<ClaimedEvaluation | null> {
  await world.database.query('UPDATE evaluations SET due_at = now() WHERE completed_at IS NULL');
  return world.store.evaluations.claim(60_000);
}
/** One step, by a dispatcher that has nothing open where no `kept` are given. */
async function step(kept?: Readers): Promise<void> {
  const claimed = await claim();
  if (!claimed) return;
  const readers = kept ?? new Readers(world.resources);
  try {
    await advance(world.resources, readers, claimed, new AbortController().signal);
  } finally {
    if (!kept) await readers.close();
  }
}
async function runToEnd(id: string, dispatchers: Readers[] = []): Promise<EvaluationRecord> {
  for (let i = 0; i < 100; i++) {
    const evaluation = await find(id);
    if (evaluation.completedAt) return evaluation;
    await step(dispatchers[i % dispatchers.length]);
    await world.work(world.versionId, labelOf);
  }
  throw new Error('the evaluation has not ended after 100 steps');
}
const items = (id: string) =>
  world.database.query<{
    place: number;
    output: unknown;
    error: { code: string } | null;
    correct: boolean | null;
  }>(
    `SELECT place, output, error, correct FROM evaluation_items WHERE evaluation_id = '${id}' ORDER BY place`,
  );

it('is read on by whoever comes next, each example once, a bounded number at a time', {
  timeout: 120_000,
}, async () => {
  const COUNT = 700;
  const id = await create(texts(COUNT, LONGEST));
  await step();
  expect(await find(id)).toMatchObject({ state: 'running', items: COUNT, format: 'jsonl' });
  await step();
  const some = (await items(id)).length;
  expect(some).toBeGreaterThan(0);
  expect(some).toBeLessThan(COUNT);
  const evaluation = await runToEnd(id);
  expect(evaluation).toMatchObject({ state: 'succeeded', succeeded: COUNT, failed: 0 });
  const right = Array.from({ length: COUNT }, (_, i) => i % 3 !== 0).filter(Boolean).length;
  expect(evaluation.result!.metrics.accuracy).toBe(right / COUNT);
  expect((await items(id)).map(({ place }) => place)).toEqual(Array.from({ length: COUNT }, (_, i) => i));
});

it('is read on by two dispatchers in turns, each from where it was', { timeout: 120_000 }, async () => {
  const COUNT = 2_200;
  const id = await create(texts(COUNT, LONGEST));
  const dispatchers = [new Readers(world.resources), new Readers(world.resources)];
  const opened = vi.spyOn(world.resources.artifacts, 'read');
  try {
    const evaluation = await runToEnd(id, dispatchers);
    expect(evaluation).toMatchObject({ state: 'succeeded', succeeded: COUNT, failed: 0 });
    expect((await items(id)).map(({ place }) => place)).toEqual(Array.from({ length: COUNT }, (_, i) => i));
    // Its first bytes and all of it to check it, and once by each dispatcher to make jobs.
    expect(opened.mock.calls.length).toBeLessThanOrEqual(4);
  } finally {
    opened.mockRestore();
    for (const readers of dispatchers) await readers.close();
  }
});

it('asks each example of a job that crashed alone, and only one at fault fails', {
  timeout: 60_000,
}, async () => {
  const id = await create(texts(5));
  await step();
  await step();
  const crash = (where: string) =>
    world.database.query(
      `UPDATE jobs SET state = 'failed', completed_at = now(), failed = items,
         error = '{"code":"worker-crashed","message":"it crashed","retryable":false,"attempt":1}'
       WHERE evaluation_id = '${id}' AND completed_at IS NULL AND ${where}`,
    );
  await crash('true');
  await step();
  const open = `SELECT items FROM jobs WHERE evaluation_id = '${id}' AND completed_at IS NULL`;
  expect(await world.database.query(open)).toEqual(Array(5).fill({ items: 1 }));
  await crash(
    `id = (SELECT job_id FROM evaluation_jobs WHERE evaluation_id = '${id}' AND places = ARRAY[3])`,
  );
  const evaluation = await runToEnd(id);
  expect(evaluation).toMatchObject({
    state: 'succeeded',
    succeeded: 4,
    failed: 1,
    result: { items: 4, failed: 1 },
  });
  const found = await items(id);
  expect(found.map(({ error }) => error?.code ?? null)).toEqual([null, null, null, 'worker-crashed', null]);
  expect(found.map(({ correct }) => correct)).toEqual([false, true, true, null, true]);
});

it('expires, ends its jobs, and lets their data and later its items go', { timeout: 60_000 }, async () => {
  const id = await create(texts(40));
  await step();
  await step();
  await world.database.query(`UPDATE evaluations SET deadline = now() WHERE id = '${id}'`);
  await step();
  expect(await find(id)).toMatchObject({
    state: 'expired',
    result: null,
    errors: [{ line: null, code: 'deadline-exceeded' }],
  });
  const ended = [];
  for (
    let some = await world.store.evaluations.release();
    some;
    some = await world.store.evaluations.release()
  )
    ended.push(...some);
  expect(ended.length).toBeGreaterThan(0);
  const jobs = await world.database.query<{ state: string; ttl: number }>(
    `SELECT DISTINCT state, result_ttl_s AS ttl FROM jobs WHERE evaluation_id = '${id}'`,
  );
  expect(jobs).toEqual([{ state: 'canceled', ttl: 3600 }]);
  expect(await items(id)).toHaveLength(40);
  expect(await world.store.evaluations.removeOldItems()).toBe(0);
  await world.database.query(`UPDATE evaluations SET expires_at = now() WHERE id = '${id}'`);
  while ((await world.store.evaluations.removeOldItems()) > 0);
  expect(await items(id)).toEqual([]);
  expect((await find(id)).state).toBe('expired');
});

it('is another’s when it was taken over: a step that comes late writes nothing', {
  timeout: 60_000,
}, async () => {
  const id = await create(texts(3));
  await step();
  await world.database.query(`UPDATE evaluations SET due_at = now() WHERE id = '${id}'`);
  const late = (await world.store.evaluations.claim(1))!;
  await step();
  const readers = new Readers(world.resources);
  const lost = advance(world.resources, readers, late, new AbortController().signal);
  await expect(lost).rejects.toMatchObject({ name: 'LeaseLost' });
  await readers.close();
  expect(await items(id)).toHaveLength(3);
  expect(await runToEnd(id)).toMatchObject({ state: 'succeeded', succeeded: 3 });
});

it('is compared with a baseline by what both answered', { timeout: 60_000 }, async () => {
  const baselineVersionId = await world.newVersion();
  const id = await create(texts(30), { baselineVersionId });
  await step();
  await step();
  await world.work(world.versionId, labelOf);
  await step();
  expect(await find(id)).toMatchObject({ state: 'running', succeeded: 30 });
  await world.work(baselineVersionId, () => 'negative');
  const { result } = await runToEnd(id);
  expect(result).toMatchObject({
    items: 30,
    compared_items: 30,
    metrics: { accuracy: 2 / 3 },
    baseline_metrics: { accuracy: 0 },
    difference: { accuracy: 2 / 3 },
  });
});

it('fails at once for what another try would not mend, and not for a file that is not there', {
  timeout: 60_000,
}, async () => {
  const wrong = await create(['{"input":"a","expected":"neutral"}']);
  await step();
  expect(await find(wrong)).toMatchObject({ state: 'failed', errors: [{ line: 1, code: 'validation' }] });
  const empty = await create(['', '']);
  await step();
  expect(await find(empty)).toMatchObject({ state: 'failed', errorCount: 1 });
  const gone = await create(texts(1));
  await world.database.query(`UPDATE evaluations SET sha256 = repeat('0', 64) WHERE id = '${gone}'`);
  await expect(step()).rejects.toMatchObject({ code: 'artifact-corrupt' });
  expect((await find(gone)).state).toBe('queued');
});

it('leaves out what does not fit where it is told to, but not what ends the reading', {
  timeout: 60_000,
}, async () => {
  const [first, last] = texts(2);
  const lines = [first!, '{"input":"a","expected":"neutral"}', '{', last!];
  const id = await create(lines, { invalidLines: 'skip' });
  const { result, errors } = await runToEnd(id);
  expect(result).toMatchObject({ items: 2, invalid: 2, metrics: { accuracy: 0.5 } });
  expect(errors.map(({ line }) => line)).toEqual([2, 3]);
  expect((await items(id)).at(0)!.place).toBe(0);
  const rest = Array.from({ length: 20_000 }, (_, i) => `good ${i},positive`);
  const csv = await create(['text,gold', 'good,positive', '"ends" wrong,positive', ...rest], {
    invalidLines: 'skip',
    options: {
      format: 'csv',
      mapping: { input: { text: 'text' }, expected: { label: 'gold' } },
      metrics: ['accuracy'],
      gates: [],
      seed: 1,
      resamples: 20,
    },
  });
  await step();
  const found = await find(csv);
  expect([found.state, found.errorCount > 0]).toEqual(['failed', true]);
});

it('passes no gate where much did not fit, and passes them where next to nothing did not', {
  timeout: 60_000,
}, async () => {
  const options = {
    ...{ metrics: ['accuracy'], seed: 1, resamples: 20 },
    gates: [{ metric: 'accuracy', min: 0 }],
  };
  const good = texts(99);
  const wrong = '{"input":"a","expected":"neutral"}';
  const run = async (lines: string[]) =>
    (await runToEnd(await create(lines, { invalidLines: 'skip', options }))).result;
  expect(await run([...good, wrong])).toMatchObject({ passed: true, coverage: 0.99, invalid: 1 });
  const half = await run([...good.slice(0, 10), ...Array(10).fill(wrong)]);
  expect(half).toMatchObject({
    ...{ passed: false, coverage: 0.5, items: 10, failed: 0, invalid: 10 },
    gates: [{ reason: 'only 10 of 20 examples were answered: 10 do not fit the task' }],
  });
});

it('ends at its deadline, or where it is given up, also while the report is computed', {
  timeout: 120_000,
}, async () => {
  const metrics = ['accuracy', 'macro_f1', 'mcc'];
  const id = await create(texts(300), { options: { metrics, gates: [], seed: 1, resamples: 100_000 } });
  await step();
  await step();
  await world.work(world.versionId, labelOf);
  const given = new AbortController();
  const [readers, claimed] = [new Readers(world.resources), (await claim())!];
  const lost = advance(world.resources, readers, claimed, given.signal);
  await Promise.race([lost, waitFor(async () => (await children()).length > 0)]);
  given.abort(new Error('given up'));
  await expect(lost).rejects.toThrow('given up');
  expect(await children()).toEqual([]);
  expect(await find(id)).toMatchObject({ state: 'running', succeeded: 300 });
  // The turn was given back.
  const late = advance(
    world.resources,
    readers,
    { ...(await claim())!, leftMs: 500 },
    new AbortController().signal,
  );
  expect(await late).toBeNull();
  expect(await find(id)).toMatchObject({ state: 'expired', result: null });
  await readers.close();
});

it('fails where the answers are larger than they may be together', { timeout: 60_000 }, async () => {
  const id = await create(texts(30));
  await step();
  await step();
  const full = LIMITS.maxEvaluationOutputBytes - 10;
  await world.database.query(`UPDATE evaluations SET output_bytes = ${full} WHERE id = '${id}'`);
  await world.work(world.versionId, labelOf);
  await step();
  expect(await find(id)).toMatchObject({ state: 'failed', errors: [{ code: 'output-too-large' }] });
  // What was kept before a dispatcher was killed counts as well.
  const other = await create(texts(3));
  await step();
  await world.database.query(`UPDATE evaluations SET output_bytes = ${full + 11} WHERE id = '${other}'`);
  await step();
  expect(await find(other)).toMatchObject({ state: 'failed', errors: [{ code: 'output-too-large' }] });
});

it('resamples many examples as often as there is time for', () => {
  const evaluation = {
    ...{ task: 'text-classification' as const, parameters: {} },
    manifest: testManifest({ problemType: 'multi_label_classification' }),
    options: { metrics: ['micro_f1'], gates: [], seed: 1, resamples: 100_000 },
  };
  const scored = { ...evaluation, options: { ...evaluation.options, metrics: ['average_precision'] } };
  expect(resamplesOf(evaluation, 10_000)).toBe(100_000);
  expect(resamplesOf(evaluation, 200_000)).toBe(5_000);
  expect(resamplesOf({ ...evaluation, options: { ...evaluation.options, resamples: 1_000 } }, 200_000)).toBe(
    1_000,
  );
  expect(resamplesOf(scored, 200_000)).toBe(2_500);
  const labels = Array.from({ length: 25 }, (_, i) => `label ${i}`);
  const many = { ...scored, manifest: testManifest({ ...evaluation.manifest, labels }) };
  expect(resamplesOf(many, 200_000)).toBe(200);
  // As of one label more, of which the average precision has too many scores.
  const more = { ...many, manifest: testManifest({ ...many.manifest, labels: [...labels, 'one more'] }) };
  expect(resamplesOf(more, 200_000)).toBe(5_000);
});

it('tells of its progress, some thousand times at most', { timeout: 60_000 }, async () => {
  const id = await create(texts(2_500));
  const { history, sequence } = await runToEnd(id);
  const told = history.filter((entry) => typeof entry === 'number');
  expect(told.at(-1)).toBe(2_500);
  expect(told.length).toBeLessThanOrEqual(1_000);
  expect(told).toEqual(told.toSorted((a, b) => a - b));
  expect(new Set(told).size).toBe(told.length);
  const states = history.filter((entry) => typeof entry !== 'number');
  expect(states.map(({ status }) => status)).toEqual(['queued', 'running', 'succeeded']);
  expect(states.map((entry) => entry.sequence)).toEqual([1, 2, sequence]);
});

it('takes what stands between blanks for words where the data set is one of tokens', {
  timeout: 60_000,
}, async () => {
  const manifest = {
    head: 'token-classification',
    tasks: ['token-classification'],
    labels: ['O', 'PER'],
  } as const;
  const versionId = await world.newVersion({
    ...manifest,
    tasks: [...manifest.tasks],
    labels: [...manifest.labels],
  });
  const options = { metrics: ['seq_f1'], gates: [], seed: 1, resamples: 20 };
  const of = { versionId, task: 'token-classification' as const, options };
  const words = async (id: string) => {
    await step();
    const { state, parameters, errors } = await find(id);
    expect(state, JSON.stringify(errors)).toBe('running');
    await world.store.evaluations.cancel(world.tenantId, id, 1);
    return parameters.words;
  };
  const conll = ['Ada B-PER', 'writes O', '. O'];
  const jsonl = ['{"input":"Ada writes.","expected":[{"entity_group":"PER","start":0,"end":3}]}'];
  expect(await words(await create(conll, of, 'd.conll'))).toBe('blanks');
  expect(await words(await create(conll, { ...of, parameters: { words: 'pipeline' } }, 'd.conll'))).toBe(
    'pipeline',
  );
  expect(await words(await create(jsonl, of))).toBe('pipeline');
  const mapping = { input: { tokens: 'tokens' }, expected: { tags: 'tags' } };
  const table = ['{"tokens":["Ada","writes"],"tags":["B-PER","O"]}'];
  expect(await words(await create(table, { ...of, options: { ...options, format: 'jsonl', mapping } }))).toBe(
    'blanks',
  );
});

it('reads one whole file at a time, and others meanwhile', { timeout: 120_000 }, async () => {
  const versionId = await world.newVersion({ head: 'question-answering', tasks: ['question-answering'] });
  const qas = Array.from({ length: 3_000 }, (_, i) => ({
    ...{ id: `${i}`, question: `who is number ${i}? ${LONG}` },
    answers: [{ text: 'Ada', answer_start: 0 }],
  }));
  const parameters = checkParameters('question-answering', {}, testManifest().architecture);
  const squad = [JSON.stringify({ data: [{ title: 't', paragraphs: [{ context: 'Ada.', qas }] }] })];
  const of = {
    ...{ versionId, task: 'question-answering' as const, parameters },
    options: { metrics: ['f1'], gates: [], seed: 1, resamples: 20 },
  };
  const readers = new Readers(world.resources);
  const signal = new AbortController().signal;
  const again = async (id: string) => {
    await world.database.query(
      `UPDATE evaluations SET due_at = CASE WHEN id = '${id}' THEN now() ELSE now() + interval '1 h' END WHERE completed_at IS NULL`,
    );
    const claimed = (await world.store.evaluations.claim(60_000))!;
    return advance(world.resources, readers, claimed, signal);
  };
  const state = async (id: string) => (await find(id)).state;
  const [first, second] = [await create(squad, of, 'a.json'), await create(squad, of, 'b.json')];
  const plain = await create(texts(2));
  const giveBack = readers.turns.wholeFiles.take('another evaluation');
  expect([await again(first), await again(second), await again(plain)]).toEqual([1_000, 1_000, 0]);
  expect([await state(first), await state(second), await state(plain)]).toEqual([
    'queued',
    'queued',
    'running',
  ]);
  giveBack();
  // The one that asked first is next.
  expect([await again(second), await again(first), await again(second)]).toEqual([1_000, 0, 0]);
  expect(await again(first)).toBe(500);
  expect(await items(first)).not.toEqual([]);
  // It is kept open, so the other one waits.
  expect(await again(second)).toBe(1_000);
  await readers.close();
  expect(await again(second)).toBe(500);
  await readers.close();
  expect((await items(second)).length).toBeGreaterThan(0);
});
