import { execFile } from 'node:child_process';
import { cp, readFile, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type {
  Evaluation,
  EvaluationItem,
  Page,
  StoredFile,
  Webhook as WebhookEndpoint,
  WebhookEvent,
} from '@heddle/contracts';
import { fromPublicId } from '@heddle/contracts';
import {
  changeTensors,
  createTestFolder,
  startHeddle,
  TestClient,
  type TestHeddle,
  waitFor,
} from '@heddle/testing';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startReceiver } from './webhooks.js';

/** Real processes, a shipped model and nearly the same; dispatchers and workers are killed in the middle of what they do. */
let heddle: TestHeddle;
let client: TestClient;
beforeAll(async () => {
  heddle = await startHeddle({ env: ENV });
  client = new TestClient(heddle.url, heddle.key);
  const folder = await createTestFolder('heddle-test-gloomy-');
  await cp(FOLDER, folder, { recursive: true });
  await changeTensors(folder, (tensor) => {
    const bias = tensor('classifier.bias');
    bias[0] = bias[0]! + 0.2;
  });
  const options = ['--model', BASELINE, '--create', '--wait'];
  await promisify(execFile)(process.execPath, [CLI, 'versions', 'import', folder, ...options], {
    env: { PATH: process.env.PATH, HEDDLE_URL: heddle.url, HEDDLE_API_KEY: heddle.key },
  });
  await rm(folder, { recursive: true });
}, 240_000);
afterAll(() => heddle.stop());

const ENV = {
  HEDDLE_WEBHOOK_ALLOW_HTTP: 'true',
  HEDDLE_WEBHOOK_ALLOW_CIDRS: '127.0.0.0/8',
  HEDDLE_RECONCILE_INTERVAL_MS: '1000',
};
const MODEL = 'sentiment';
/** Answers as the model does, a little more inclined to "negative". */
const BASELINE = 'sentiment-gloomy';
const CLI = fileURLToPath(new URL('../../cli/dist/main.js', import.meta.url));
const FOLDER = fileURLToPath(new URL('../../../models/sentiment', import.meta.url));
const PRAISE = ['a joy to watch', 'funny and warm', 'dull and far too long', 'a waste of time'];
const text = (i: number) => `film ${i} is ${PRAISE[i % 4]} ${'and so on '.repeat(i % 6)}`;
/** What is expected is wrong of each seventh. */
const label = (i: number) => (i % 4 < 2 === (i % 7 !== 0) ? 'positive' : 'negative');
const dataset = (count: number) =>
  Array.from({ length: count }, (_, i) =>
    JSON.stringify({ input: text(i), expected: label(i), slice: { length: i % 6 < 3 ? 'short' : 'long' } }),
  ).join('\n');

async function upload(content: string, name = 'films.jsonl'): Promise<string> {
  const form = new FormData();
  form.set('purpose', 'dataset');
  form.set('file', new Blob([content]), name);
  return (await client.upload<StoredFile>('/v1/files', form)).id;
}
const create = async (content: string, own: Record<string, unknown> = {}) =>
  client.request<Evaluation>('POST', '/v1/evaluations', {
    dataset: await upload(content),
    model: MODEL,
    ...own,
  });
const get = (id: string) => client.request<Evaluation>('GET', `/v1/evaluations/${id}`);
async function ended(id: string): Promise<Evaluation> {
  for (;;) {
    const found = await client.request<Evaluation>('GET', `/v1/evaluations/${id}`, undefined, {
      prefer: 'wait=60',
    });
    if (found.completed_at) return found;
  }
}
const itemsOf = (id: string, query = '') =>
  client.request<Page<EvaluationItem>>('GET', `/v1/evaluations/${id}/items?${query}`);

/** What the version says of the texts as plain jobs. */
async function predictions(count: number): Promise<string[]> {
  const found: string[] = [];
  for (let at = 0; at < count; at += 1_000) {
    const inputs = Array.from({ length: Math.min(1_000, count - at) }, (_, i) => text(at + i));
    const { results } = await client.run({ model: MODEL, inputs });
    found.push(...results!.map(({ output }) => (output as { labels: { label: string }[] }).labels[0]!.label));
  }
  return found;
}
/** Scores differ in their last bits with the texts that share a forward pass; labels, and all that is made of these, do not. */
function expectSame({ result: own }: Evaluation, { result: other }: Evaluation): void {
  const exact = ({ metrics, confidence, slices, ...rest }: NonNullable<Evaluation['result']>) => ({
    accuracy: [metrics.accuracy, confidence.accuracy],
    f1: [metrics.macro_f1, confidence.macro_f1],
    mcc: [metrics.mcc, confidence.mcc],
    slices: Object.values(slices.length!).map(({ items, metrics: parts }) => [items, parts.accuracy]),
    labels: rest.per_label,
    confusion: rest.confusion,
    digest: rest.dataset_sha256,
    counts: [rest.items, rest.failed, rest.speed.tokens],
  });
  expect(exact(own!)).toEqual(exact(other!));
  for (const metric of ['log_loss', 'ece'])
    expect(own!.metrics[metric]).toBeCloseTo(other!.metrics[metric]!, 5);
}

describe('an evaluation', () => {
  it('measures what the version answers to each example', { timeout: 180_000 }, async () => {
    const predicted = await predictions(300);
    const right = predicted.map((one, i) => one === label(i));
    const accuracy = right.filter(Boolean).length / 300;
    expect(accuracy).toBeGreaterThan(0.5);
    expect(accuracy).toBeLessThan(1);

    const gates = [
      { metric: 'accuracy', min: accuracy - 0.001 },
      { metric: 'macro_f1', min: 0.999 },
    ];
    const { id } = await create(dataset(300), { gates, metadata: { run: '1' } });
    const evaluation = await ended(id);
    expect(evaluation, JSON.stringify(evaluation.errors)).toMatchObject({
      status: 'succeeded',
      task: 'text-classification',
      format: 'jsonl',
      counts: { total: 300, succeeded: 300, failed: 0 },
      metadata: { run: '1' },
    });
    const result = evaluation.result!;
    expect(result).toMatchObject({ items: 300, failed: 0, passed: false, version: evaluation.version });
    expect(result.metrics.accuracy).toBe(accuracy);
    expect(result.gates.map(({ passed }) => passed)).toEqual([true, false]);
    expect(result.confidence.accuracy![0]).toBeLessThan(accuracy);
    const short = right.filter((_, i) => i % 6 < 3);
    expect(result.slices.length!.short).toEqual(
      expect.objectContaining({
        items: 150,
        metrics: expect.objectContaining({ accuracy: short.filter(Boolean).length / 150 }),
      }),
    );
    const pair = (expected: string, other: string) =>
      predicted.filter((one, i) => label(i) === expected && one === other).length;
    const { labels, counts } = result.confusion!;
    for (const [i, own] of labels.entries())
      for (const [j, other] of labels.entries()) expect(counts[i]![j]).toBe(pair(own!, other!));
    expect(result.speed.tokens).toBeGreaterThan(300 * 5);
    expect(result.speed.padded_share).toBeLessThan(0.5);

    const wrong: EvaluationItem[] = [];
    for (let query = 'correct=false&limit=7'; ; ) {
      const page = await itemsOf(id, query);
      wrong.push(...page.data);
      if (!page.next_cursor) break;
      query = `correct=false&limit=7&cursor=${page.next_cursor}`;
    }
    expect(wrong.map(({ index }) => index)).toEqual(right.flatMap((is, i) => (is ? [] : [i])));
    expect(wrong[0]).toMatchObject({
      line: wrong[0]!.index + 1,
      correct: false,
      error: null,
      baseline: null,
    });
    const jobs = await client.list('source=evaluation&limit=100');
    expect(new Set(jobs.data.map((job) => [job.evaluation, job.priority].join()))).toEqual(
      new Set([`${id},low`]),
    );
  });

  it('compares with a baseline by the same examples, and fails what does not fit', {
    timeout: 180_000,
  }, async () => {
    const { id } = await create(dataset(60), {
      baseline: BASELINE,
      gates: [{ metric: 'accuracy', max_drop: 0.5 }],
      resamples: 100,
    });
    const { result, counts, status } = await ended(id);
    expect([status, counts]).toEqual(['succeeded', { total: 120, succeeded: 120, failed: 0 }]);
    const { metrics, baseline_metrics: others, difference, baseline, compared_items: compared } = result!;
    // It answers otherwise, and not by much.
    expect(others!.log_loss).not.toBe(metrics.log_loss);
    expect(Math.abs(others!.log_loss! - metrics.log_loss!)).toBeLessThan(0.1);
    expect(difference!.accuracy).toBe(metrics.accuracy! - others!.accuracy!);
    expect(compared).toBe(60);
    expect([result!.passed, baseline === result!.version]).toEqual([true, false]);
    expect((await itemsOf(id, 'limit=1')).data[0]!.baseline!.predicted).toMatchObject({ labels: [{}, {}] });

    const wrong = [
      '{"input":"a","expected":"positive"}',
      '{"input":"b","expected":"neutral"}',
      '{"input":"c","expected":1}',
    ].join('\n');
    const failed = await ended((await create(wrong)).id);
    expect(failed).toMatchObject({ status: 'failed', error_count: 2, result: null });
    expect(failed.errors.map(({ line }) => line).sort()).toEqual([2, 3]);
    const skipped = await ended((await create(wrong, { invalid_lines: 'skip' })).id);
    expect(skipped).toMatchObject({ status: 'succeeded', result: { items: 1, invalid: 2, failed: 0 } });
  });

  it('passes no gate where many examples have no answer, and tells the tenant’s webhook once', {
    timeout: 180_000,
  }, async () => {
    const receiver = await startReceiver();
    try {
      const hook = await client.request<WebhookEndpoint>('POST', '/v1/webhooks', {
        url: receiver.url,
        events: ['evaluation.*', 'job.*'],
      });
      const long = JSON.stringify({ input: 'far too long '.repeat(500), expected: 'positive' });
      const gates = [{ metric: 'accuracy', min: 0 }];
      const evaluation = await ended((await create(`${dataset(9)}\n${long}`, { gates })).id);
      expect(evaluation).toMatchObject({
        status: 'succeeded',
        counts: { total: 10, succeeded: 9, failed: 1 },
        result: { items: 9, failed: 1, passed: false },
      });
      expect(evaluation.result!.gates[0]).toMatchObject({
        passed: false,
        reason: expect.stringContaining('9 of 10'),
      });
      const { data } = await itemsOf(evaluation.id, 'limit=100');
      expect(data[9]).toMatchObject({ predicted: null, correct: null, error: { code: 'input-too-long' } });
      const all = await ended((await create(long)).id);
      expect(all).toMatchObject({ status: 'failed', errors: [{ code: 'all-items-failed' }] });
      await waitFor(async () => receiver.received.length >= 2);
      const events = receiver.received
        .map(({ headers, body }) => new Webhook(hook.secret!).verify(body, headers as Record<string, string>))
        .map((event) => event as WebhookEvent<Evaluation>);
      expect(events.map(({ type, data: { id } }) => [type, id]).sort()).toEqual([
        ['evaluation.failed', all.id],
        ['evaluation.succeeded', evaluation.id],
      ]);
      expect(events.find(({ data }) => data.id === evaluation.id)!.data).toEqual(evaluation);
    } finally {
      await receiver.close();
    }
  });
});

describe('kill -9', () => {
  const COUNT = 2_000;
  /** More than jobs are made of at a time, of texts that look long. */
  const SOME = 600;
  /** Blanks are no tokens: what is estimated of a text counts them, and the model has little to do. */
  const BLANKS = ' '.repeat(1_600);
  /** What the database says of an evaluation, whoever answers requests. */
  const phaseOf = async (id: string) => {
    const [row] = await heddle.database.query<{
      state: string;
      attempt: number;
      items: number;
      fed: number;
      done: number;
    }>(
      `SELECT state, attempt, items, fed, succeeded + failed AS done FROM evaluations WHERE id = '${fromPublicId('evaluation', id)}'`,
    );
    const { state, attempt, items, fed, done } = row!;
    if (state === 'queued') return attempt > 0 ? 'reading' : 'queued';
    if (state !== 'running') return state;
    if (fed < items) return done > 0 ? 'collecting' : 'making jobs';
    return done < items * 2 ? 'collecting' : 'report';
  };
  const dispatchers = ['dispatcher', 'dispatcher 2'] as const;
  /** As if the leases of a process that is dead had passed: to wait for that takes 15 or 30 s each time. */
  const endLeases = (name: 'dispatcher' | 'worker', id: string) => {
    const uuid = fromPublicId('evaluation', id);
    return heddle.database.query(
      name === 'dispatcher'
        ? `UPDATE evaluations SET due_at = now() WHERE id = '${uuid}'`
        : `UPDATE jobs SET lease_until = now() WHERE evaluation_id = '${uuid}' AND state = 'running'`,
    );
  };

  it('of dispatcher and worker changes nothing of what is found', { timeout: 400_000 }, async () => {
    const file = await upload(dataset(COUNT));
    const evaluate = () =>
      client.request<Evaluation>('POST', '/v1/evaluations', { dataset: file, model: MODEL, resamples: 50 });
    const undisturbed = await ended((await evaluate()).id);
    expect(undisturbed.counts).toEqual({ total: COUNT, succeeded: COUNT, failed: 0 });

    const { id } = await evaluate();
    for (const [done, name] of [
      [1, 'worker'],
      [COUNT / 4, 'dispatcher'],
      [COUNT / 2, 'worker'],
      [COUNT / 2, 'dispatcher'],
    ] as const) {
      await waitFor(async () => (await get(id)).counts.succeeded >= done, { timeoutMs: 120_000 });
      await heddle.kill(name);
      // Once a lease passes by itself, which is that of the first dispatcher.
      if (done !== COUNT / 4) await endLeases(name, id);
      await heddle.start(name);
    }
    const evaluation = await ended(id);
    expect(evaluation.counts).toEqual({ total: COUNT, succeeded: COUNT, failed: 0 });
    expectSame(evaluation, undisturbed);
  });

  it('of whichever dispatcher has it, in whatever it does, changes nothing, with a baseline', {
    timeout: 900_000,
  }, async () => {
    // Blank lines take time to be read, and say nothing.
    const lines = Array.from({ length: SOME }, (_, i) =>
      JSON.stringify({
        ...{ input: `${text(i)}${BLANKS}.`, expected: label(i) },
        slice: { length: i % 6 < 3 ? 'short' : 'long' },
      }),
    );
    const file = await upload(lines.join('\n') + '\n'.repeat(10_000_000));
    const request = { dataset: file, model: MODEL, baseline: BASELINE, resamples: 20_000 };
    const evaluate = () => client.request<Evaluation>('POST', '/v1/evaluations', request);
    const undisturbed = await ended((await evaluate()).id);
    const counts = { total: 2 * SOME, succeeded: 2 * SOME, failed: 0 };
    expect(undisturbed, JSON.stringify(undisturbed.errors)).toMatchObject({ status: 'succeeded', counts });

    await heddle.start('dispatcher 2');
    // Without answers it stays where jobs are made.
    await heddle.kill('worker');
    const { id } = await evaluate();
    for (const phase of ['reading', 'making jobs', 'collecting', 'report']) {
      await waitFor(async () => (await phaseOf(id)) === phase, { timeoutMs: 180_000 });
      // Both, so that the one that works on it is among them.
      await Promise.all(dispatchers.map((name) => heddle.kill(name)));
      expect(await phaseOf(id)).toBe(phase);
      await endLeases('dispatcher', id);
      await Promise.all(dispatchers.map((name) => heddle.start(name)));
      if (phase === 'making jobs') await heddle.start('worker');
    }
    const evaluation = await ended(id);
    expect(evaluation.counts).toEqual(counts);
    expectSame(evaluation, undisturbed);
    const compared = ({ result }: Evaluation) => [
      ...[result!.compared_items, result!.difference!.accuracy, result!.difference_confidence!.accuracy],
      ...[result!.baseline_metrics!.accuracy, result!.baseline_speed!.tokens],
    ];
    expect(compared(evaluation)).toEqual(compared(undisturbed));
    await heddle.kill('dispatcher 2');
  });
});

describe('a dispatcher', () => {
  const childrenOf = async (pid: number) =>
    (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).trim().split(' ').filter(Boolean);

  it('goes on with jobs while a report is computed, and ends that where it is canceled', {
    timeout: 300_000,
  }, async () => {
    const pid = heddle.process('dispatcher').pid!;
    expect(await childrenOf(pid)).toEqual([]);
    const { id } = await create(dataset(2_000), {
      resamples: 100_000,
      metrics: ['accuracy', 'macro_f1', 'mcc', 'ece'],
    });
    await waitFor(async () => (await childrenOf(pid)).length > 0, { timeoutMs: 120_000 });
    const { status } = await client.run({ model: MODEL, inputs: ['a joy to watch'] });
    expect(status).toBe('succeeded');
    expect((await get(id)).status).toBe('running');
    const canceled = await client.request<Evaluation>('POST', `/v1/evaluations/${id}/cancel`);
    expect(canceled).toMatchObject({ status: 'canceled', result: null });
    await waitFor(async () => (await childrenOf(pid)).length === 0, { timeoutMs: 10_000 });
    expect((await get(id)).status).toBe('canceled');
  });
});

describe('cancel', () => {
  it('while it runs ends it and its jobs', { timeout: 180_000 }, async () => {
    const { id } = await create(dataset(4_000));
    await waitFor(async () => (await get(id)).counts.succeeded > 0, { timeoutMs: 60_000 });
    const canceled = await client.request<Evaluation>('POST', `/v1/evaluations/${id}/cancel`);
    expect(canceled).toMatchObject({ status: 'canceled', result: null });
    expect(await client.request('POST', `/v1/evaluations/${id}/cancel`)).toEqual(canceled);
    await waitFor(
      async () =>
        (await client.list('source=evaluation&status=queued&status=running&limit=1')).data.length === 0,
      { timeoutMs: 30_000 },
    );
    expect(await get(id)).toEqual(canceled);
  });
});
