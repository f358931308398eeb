import type {
  Batch,
  BatchErrorLine,
  BatchOutputLine,
  BatchState,
  Delivery,
  Job,
  Page,
  StoredFile,
  Webhook as WebhookEndpoint,
  WebhookEvent,
  WebhookSecret,
} from '@heddle/contracts';
import { type ProcessName, startHeddle, TestClient, type TestHeddle, waitFor } from '@heddle/testing';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Receiver, startReceiver } from './webhooks.js';

/** Real processes and the shipped models; dispatchers and workers are killed in the middle of what they do. */
let heddle: TestHeddle;
let client: TestClient;
beforeAll(async () => {
  heddle = await startHeddle({
    env: { HEDDLE_WEBHOOK_ALLOW_HTTP: 'true', HEDDLE_WEBHOOK_ALLOW_CIDRS: '127.0.0.0/8' },
  });
  client = new TestClient(heddle.url, heddle.key);
}, 240_000);
afterAll(() => heddle.stop());

const MODEL = 'topic';

async function upload(content: string | Buffer<ArrayBuffer>): Promise<string> {
  const form = new FormData();
  form.set('purpose', 'batch');
  form.set('file', new Blob([content]), 'lines.jsonl');
  return (await client.upload<StoredFile>('/v1/files', form)).id;
}
const create = async (content: string | Buffer<ArrayBuffer>, own: Record<string, unknown> = {}) =>
  client.request<Batch>('POST', '/v1/batches', { file: await upload(content), model: MODEL, ...own });
const get = (id: string) => client.request<Batch>('GET', `/v1/batches/${id}`);
async function ended(id: string): Promise<Batch> {
  for (;;) {
    const batch = await client.request<Batch>('GET', `/v1/batches/${id}`, undefined, { prefer: 'wait=60' });
    if (batch.completed_at) return batch;
  }
}
/** The batch as soon as it is in that state, or has gone beyond it. */
const reached = (id: string, ...states: BatchState[]) =>
  waitFor(
    async () => {
      const batch = await get(id);
      return states.includes(batch.status) || batch.completed_at ? batch : null;
    },
    { timeoutMs: 60_000 },
  ) as Promise<Batch>;

async function linesOf<Line>(file: string | null): Promise<Line[]> {
  if (!file) return [];
  const response = await fetch(`${heddle.url}/v1/files/${file}/content`, {
    headers: { authorization: `Bearer ${heddle.key}` },
  });
  const text = await response.text();
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
}
const outputOf = (batch: Batch) => linesOf<BatchOutputLine>(batch.output_file);
const errorsOf = (batch: Batch) => linesOf<BatchErrorLine>(batch.error_file);

const text = (i: number) =>
  `story ${i} about ${['stocks', 'football', 'rockets', 'elections'][i % 4]} ${'and more '.repeat(i % 5)}`;
const file = (count: number) =>
  Array.from({ length: count }, (_, i) => JSON.stringify({ custom_id: `id-${i}`, input: text(i) })).join(
    '\n',
  );

/** What the same texts are answered with as plain jobs. */
async function directRun(count: number): Promise<unknown[]> {
  const outputs: unknown[] = [];
  for (let at = 0; at < count; at += 1_000) {
    const inputs = Array.from({ length: Math.min(1_000, count - at) }, (_, i) => text(at + i));
    const job = await client.run({ model: MODEL, inputs });
    outputs.push(...job.results!.map(({ output }) => output));
  }
  return outputs;
}
async function checkAgainst(batch: Batch, direct: unknown[]): Promise<void> {
  const count = direct.length;
  expect(batch).toMatchObject({ status: 'succeeded', error_count: 0, error_file: null });
  expect(batch.counts).toEqual({ total: count, succeeded: count, failed: 0, canceled: 0, expired: 0 });
  const output = await outputOf(batch);
  expect(output.map((line) => line.line)).toEqual(direct.map((_, i) => i + 1));
  expect(output.map((line) => line.custom_id)).toEqual(direct.map((_, i) => `id-${i}`));
  for (const [i, line] of output.entries()) expectSame(line.output, direct[i]);
  expect(output.reduce((sum, { usage }) => sum + usage.tokens, 0)).toBe(batch.usage.tokens);
}
function expectSame(actual: unknown, expected: unknown): void {
  type Labels = { labels: { label: string; score: number }[] };
  const scores = (output: unknown) =>
    Object.fromEntries((output as Labels).labels.map(({ label, score }) => [label, score]));
  const [own, other] = [scores(actual), scores(expected)];
  expect(Object.keys(own).sort()).toEqual(Object.keys(other).sort());
  for (const [label, score] of Object.entries(own))
    expect(Math.abs(score - other[label]!)).toBeLessThan(1e-4);
}

describe('a batch', () => {
  it('answers every line as a job does, in the order of its file', { timeout: 180_000 }, async () => {
    const lines = file(300).replaceAll('\n', '\r\n\r\n');
    const { id } = await create(`\ufeff${lines}\r\n`);
    const batch = await ended(id);
    const output = await outputOf(batch);
    expect(output.map((line) => line.line)).toEqual(Array.from({ length: 300 }, (_, i) => 2 * i + 1));
    const direct = await directRun(300);
    for (const [i, line] of output.entries()) expectSame(line.output, direct[i]);
    const jobs = await client.list(`batch=${id}&limit=100&source=batch`);
    expect(jobs.data.reduce((sum, job) => sum + job.counts.total, 0)).toBe(300);
    expect(new Set(jobs.data.map((job: Job) => [job.batch, job.priority].join()))).toEqual(
      new Set([`${id},low`]),
    );
  });

  it('tells its own webhook, and the tenant’s, what becomes of it', { timeout: 120_000 }, async () => {
    const [own, receiver] = [await startReceiver(), await startReceiver()];
    try {
      const hook = await client.request<WebhookEndpoint>('POST', '/v1/webhooks', {
        url: receiver.url,
        events: ['batch.*', 'job.*'],
      });
      const { secret } = await client.request<WebhookSecret>('GET', '/v1/webhooks/default');
      const { id } = await create(file(20), { webhook: { url: `${own.url}/done?batch=1` } });
      const broken = await create('{', { webhook: { url: own.url, events: ['batch.failed'] } });
      const batch = await ended(id);
      await ended(broken.id);
      await waitFor(async () => own.received.length >= 2 && receiver.received.length >= 3);
      const events = (of: Receiver, key: string) =>
        of.received
          .map(({ headers, body }) => new Webhook(key).verify(body, headers as Record<string, string>))
          .map((event) => event as WebhookEvent<Batch>)
          .sort((a, b) => a.type.localeCompare(b.type));
      const [failed, succeeded] = events(own, secret);
      expect(failed).toMatchObject({
        type: 'batch.failed',
        data: { id: broken.id, status: 'failed', error_count: 1 },
      });
      expect(succeeded).toMatchObject({ type: 'batch.succeeded', sequence: batch.sequence, data: batch });
      expect(own.received.map(({ path }) => path).sort()).toEqual(['/', '/done?batch=1']);
      const all = events(receiver, hook.secret!);
      expect(all.map(({ type }) => type)).toEqual(['batch.failed', 'batch.started', 'batch.succeeded']);
      expect(all[1]).toMatchObject({
        sequence: 2,
        data: {
          id,
          status: 'running',
          sequence: 2,
          output_file: null,
          completed_at: null,
          counts: { total: 20, succeeded: 0, failed: 0 },
        },
      });
      const { data } = await client.request<Page<Delivery>>('GET', `/v1/deliveries?batch=${id}`);
      // Two of one moment are in no order.
      expect(data.map(({ event_type, webhook }) => `${event_type} ${webhook}`).sort()).toEqual([
        `batch.started ${hook.id}`,
        'batch.succeeded null',
        `batch.succeeded ${hook.id}`,
      ]);
    } finally {
      await own.close();
      await receiver.close();
    }
  });

  it('takes parameters from each line, and leaves out lines that cannot run', {
    timeout: 120_000,
  }, async () => {
    const content = [
      JSON.stringify({ custom_id: 'one', input: text(1), parameters: { top_k: 1 } }),
      '{"custom_id":"broken"',
      JSON.stringify({ custom_id: 'two', input: { text: text(2) } }),
      JSON.stringify({ custom_id: 'long', input: 'far too long '.repeat(500) }),
      JSON.stringify({
        custom_id: 'cut',
        input: 'far too long '.repeat(500),
        parameters: { truncate: true },
      }),
    ].join('\n');
    expect(await ended((await create(content)).id)).toMatchObject({ status: 'failed', error_count: 1 });
    const batch = await ended(
      (await create(content, { invalid_lines: 'skip', parameters: { top_k: 2 } })).id,
    );
    expect(batch).toMatchObject({
      status: 'succeeded',
      counts: { total: 5, succeeded: 3, failed: 2 },
      error_count: 1,
    });
    const output = await outputOf(batch);
    expect(output.map(({ custom_id, line }) => [custom_id, line])).toEqual([
      ['one', 1],
      ['two', 3],
      ['cut', 5],
    ]);
    expect(output.map(({ output: answer }) => (answer as { labels: unknown[] }).labels.length)).toEqual([
      1, 2, 2,
    ]);
    expect(await errorsOf(batch)).toMatchObject([
      { line: 2, custom_id: null, status: 'failed', error: { code: 'malformed-json' } },
      { line: 4, custom_id: 'long', status: 'failed', error: { code: 'input-too-long' } },
    ]);
  });
});

describe('kill -9', () => {
  const COUNT = 4_000;
  let direct: unknown[];
  beforeAll(async () => {
    direct = await directRun(COUNT);
  }, 300_000);

  it('of the dispatcher in each state loses and repeats no line', { timeout: 400_000 }, async () => {
    const { id } = await create(file(COUNT));
    const seen: BatchState[] = [];
    for (const state of ['validating', 'running', 'finalizing'] as const) {
      const before = await reached(id, state);
      seen.push(before.status);
      await heddle.kill('dispatcher');
      await heddle.start('dispatcher');
    }
    // The last state may be over before it is seen; the steps themselves are killed one by one in another spec.
    expect(seen.slice(0, 2)).toEqual(['validating', 'running']);
    await checkAgainst(await ended(id), direct);
  });

  it('of the worker, and of one of two dispatchers, does not either', { timeout: 400_000 }, async () => {
    await heddle.start('dispatcher 2');
    const ids = await Promise.all([1, 2].map(async () => (await create(file(COUNT))).id));
    const getsOn = async (done: number) =>
      waitFor(async () => (await get(ids[0]!)).counts.succeeded >= done, { timeoutMs: 120_000 });
    for (const [done, name] of [
      [1, 'worker'],
      [COUNT / 4, 'dispatcher'],
      [COUNT / 2, 'worker'],
    ] as [number, ProcessName][]) {
      await getsOn(done);
      await heddle.kill(name);
      await heddle.start(name);
    }
    for (const id of ids) await checkAgainst(await ended(id), direct);
    await heddle.kill('dispatcher 2');
  });
});

describe('cancel', () => {
  it('while it runs keeps what is done; all lines are told of once', { timeout: 180_000 }, async () => {
    const { id } = await create(file(6_000));
    await waitFor(async () => (await get(id)).counts.succeeded > 0, { timeoutMs: 60_000 });
    const canceled = await client.request<Batch>('POST', `/v1/batches/${id}/cancel`);
    expect(['canceling', 'canceled']).toContain(canceled.status);
    const batch = await ended(id);
    expect(batch.status).toBe('canceled');
    const { succeeded, canceled: left } = batch.counts;
    expect([succeeded > 0, left > 0, succeeded + left]).toEqual([true, true, 6_000]);
    const lines = [...(await outputOf(batch)), ...(await errorsOf(batch))].map(({ line }) => line);
    expect(lines.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 6_000 }, (_, i) => i + 1));
    const open = await client.list(`batch=${id}&status=queued&status=running`);
    expect(open.data).toEqual([]);
    // Others do not wait behind it.
    const job = await client.run({ model: MODEL, inputs: ['now'] });
    expect(job.status).toBe('succeeded');
    const page = await client.request<Page<Batch>>('GET', '/v1/batches?status=canceled');
    expect(page.data.map((one) => one.id)).toContain(id);
  });
});
