import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Job, Page, Pool, Queue, Worker } from '@heddle/contracts';
import { startHeddle, TestClient, type TestHeddle, waitFor } from '@heddle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BACKENDS, openBackend } from './backends.js';

/** Several rounds of the dispatcher and of the reconciler. */
const PAUSED_MS = 2_500;
/** A heartbeat, and what is held. */
const DRAIN_MS = 20_000;

describe.each(BACKENDS)('an operator, dispatch window in %s', (backend) => {
  let heddle: TestHeddle;
  let client: TestClient;
  let close: () => Promise<void>;

  beforeAll(async () => {
    const { redisUrl, stop } = await openBackend(backend);
    const env = { HEDDLE_INFERENCE_CHILDREN: '1', HEDDLE_RECONCILE_INTERVAL_MS: '500' };
    heddle = await startHeddle({ env, ...(redisUrl ? { redisUrl } : {}) });
    client = new TestClient(heddle.url, heddle.key);
    close = async () => {
      await heddle.stop();
      await stop();
    };
  });
  afterAll(() => close());

  const workers = async () => (await client.request<Page<Worker>>('GET', '/v1/workers')).data;
  const queueOf = async (model: string) =>
    (await client.request<Page<Queue>>('GET', '/v1/queues')).data.find((queue) => queue.model === model)!;

  it('sees the worker and the queues it serves', async () => {
    await client.run({ model: 'sentiment', inputs: ['lovely'] });
    await waitFor(async () => (await queueOf('sentiment')).tokens_per_s > 0, { timeoutMs: 15_000 });
    expect(await queueOf('sentiment')).toMatchObject({ workers: 1, desired_workers: 1, queued: 0, eta_s: 0 });
    const [worker, ...others] = await workers();
    expect(others).toEqual([]);
    expect(worker).toMatchObject({ status: 'ready', device: 'cpu', threads: 1, jobs_done: 1 });
    expect(worker!.versions.map(({ model }) => model)).toContain('sentiment');
    for (const version of worker!.versions) expect(version.rss_bytes).toBeGreaterThan(0);
  });

  it('pauses a queue, under load too, and lets it go on', { timeout: 120_000 }, async () => {
    const { id } = await queueOf('sentiment');
    const submit = (count: number) =>
      Promise.all(
        Array.from({ length: count }, (_, i) => client.submit({ model: 'sentiment', inputs: [`${i} fine`] })),
      );
    const early = submit(200);
    const paused = await client.request<Queue>('POST', `/v1/queues/${id}/pause`);
    expect(paused.paused).toBe(true);
    // What a worker had taken already ends.
    await waitFor(async () => (await queueOf('sentiment')).running === 0, { timeoutMs: 20_000 });
    const jobs: Job[] = [...(await early), ...(await submit(20))];
    const { queued } = await queueOf('sentiment');
    expect(queued).toBeGreaterThanOrEqual(20);
    await sleep(PAUSED_MS);
    expect(await queueOf('sentiment')).toMatchObject({ queued, running: 0 });
    // Other versions go on.
    expect((await client.run({ model: 'topic', inputs: ['Stocks fell'] })).status).toBe('succeeded');

    await client.request<Queue>('POST', `/v1/queues/${id}/resume`);
    await waitFor(async () => (await queueOf('sentiment')).queued === 0, { timeoutMs: 30_000 });
    for (const job of jobs) {
      const ended = await client.request<Job>('GET', `/v1/jobs/${job.id}`, undefined, { prefer: 'wait=30' });
      expect(ended).toMatchObject({ status: 'succeeded', attempts: 1 });
    }
  });

  it('drains a worker', { timeout: 120_000 }, async () => {
    const [before] = await workers();
    const exited = once(heddle.process('worker'), 'exit');
    const asked = performance.now();
    const drained = await client.request<Worker>('POST', `/v1/workers/${before!.id}/drain`);
    expect(drained).toMatchObject({ id: before!.id, status: 'draining' });
    expect(await exited).toEqual([0, null]);
    expect(performance.now() - asked).toBeLessThan(DRAIN_MS);
    expect(await workers()).toEqual([]);
    const job = await client.submit({ model: 'sentiment', inputs: ['later'] });
    await heddle.start('worker');
    const [after] = await workers();
    expect(after!.id).not.toBe(before!.id);
    const ended = await client.request<Job>('GET', `/v1/jobs/${job.id}`, undefined, { prefer: 'wait=30' });
    expect(ended.status).toBe('succeeded');
  });

  it('serves models by pool', { timeout: 120_000 }, async () => {
    const own = { HEDDLE_POOL: 'small', HEDDLE_POOL_MODELS: 'topic,ner', HEDDLE_UNLOAD_AFTER_S: '600' };
    await heddle.start('worker 2', own);
    const pool = (name: string) => client.request<Pool>('GET', `/v1/pools/${name}`);
    expect(await pool('small')).toMatchObject({ models: ['topic', 'ner'], workers: 1 });
    expect(await pool('default')).toMatchObject({ models: null, workers: 1 });
    expect([(await queueOf('topic')).workers, (await queueOf('sentiment')).workers]).toEqual([2, 1]);
    const small = (await workers()).find((worker) => worker.pool === 'small')!;
    expect(small.versions).toEqual([]);

    const ended = once(heddle.process('worker'), 'exit');
    heddle.process('worker').kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
    const job = await client.submit({ model: 'sentiment', inputs: ['lovely'] });
    expect((await client.run({ model: 'topic', inputs: ['Stocks fell'] })).status).toBe('succeeded');
    expect(await queueOf('sentiment')).toMatchObject({ queued: 1, workers: 0 });
    expect(await pool('default')).toMatchObject({ workers: 0 });
    await heddle.start('worker');
    const done = await client.request<Job>('GET', `/v1/jobs/${job.id}`, undefined, { prefer: 'wait=30' });
    expect(done.status).toBe('succeeded');
    // Loaded with its first request, and told with the heartbeat after it.
    const loaded = async () => (await client.request<Worker>('GET', `/v1/workers/${small.id}`)).versions;
    await waitFor(async () => (await loaded()).length > 0, { timeoutMs: 15_000 });
    expect((await loaded()).map(({ model }) => model)).toEqual(['topic']);
  });
});
