import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { newUuid } from '@heddle/contracts';
import type { EvaluationRecord } from '@heddle/store';
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { advance } from '../src/evaluations/advance.js';
import { Readers } from '../src/evaluations/examples.js';
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
const texts = (count: number) =>
  Array.from({ length: count }, (_, i) => JSON.stringify({ input: `${i} ${LONG}`, expected: 'positive' }));
/** Every third is answered wrong. */
const labelOf = (input: string) => (Number.parseInt(input, 10) % 3 === 0 ? 'negative' : 'positive');

type Own = Partial<Parameters<BatchWorld['store']['evaluations']['create']>[0]>;
async function create(lines: string[], own: Own = {}): Promise<string> {
  const { tenantId, store, resources } = world;
  const content = lines.join('\n');
  const path = join(world.folder, newUuid());
  await writeFile(path, content);
  const { id: fileId } = await store.files.reserve({
    tenantId,
    purpose: 'dataset',
    filename: 'd.jsonl',
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
const find = async (id: string): Promise<EvaluationRecord> =>
  (await world.store.evaluations.find(world.tenantId, id))!;

/** One step, by a dispatcher that has nothing open where no `kept` are given. */
async function step(kept?: Readers): Promise<void> {
  await world.database.query('UPDATE evaluations SET due_at = now() WHERE completed_at IS NULL');
  const claimed = await world.store.evaluations.claim(60_000);
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
  const COUNT = 2_500;
  const id = await create(texts(COUNT));
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
  const COUNT = 9_000;
  const id = await create(texts(COUNT));
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
  await expect(lost).rejects.toMatchObject({ name: 'EvaluationLost' });
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
