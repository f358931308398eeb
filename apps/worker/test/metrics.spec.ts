import type { Page, Pool, Queue } from '@heddle/contracts';
import {
  childrenOf,
  documentedMetrics,
  freePort,
  startHeddle,
  TestClient,
  type TestHeddle,
  waitFor,
} from '@heddle/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';

let heddle: TestHeddle;
let client: TestClient;
let ports: { worker: number; dispatcher: number };
beforeAll(async () => {
  ports = { worker: await freePort(), dispatcher: await freePort() };
  const env = {
    HEDDLE_INFERENCE_CHILDREN: '1',
    HEDDLE_SCALE_TARGET_WAIT_S: '1',
    HEDDLE_SCALE_MAX_WORKERS: '7',
    HEDDLE_WORKER_METRICS_PORT: String(ports.worker),
    HEDDLE_DISPATCHER_METRICS_PORT: String(ports.dispatcher),
  };
  heddle = await startHeddle({ env });
  client = new TestClient(heddle.url, heddle.key);
});
afterAll(() => heddle.stop());

async function read(
  process: 'worker' | 'dispatcher',
): Promise<{ text: string; of: (name: string) => number }> {
  const response = await fetch(`http://127.0.0.1:${ports[process]}/metrics`);
  expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  const text = await response.text();
  const of = (name: string) => {
    const line = text.split('\n').find((candidate) => candidate.startsWith(`${name} `));
    return line === undefined ? 0 : Number(line.slice(name.length + 1));
  };
  return { text, of };
}

it('tell what a worker does', async () => {
  for (let i = 0; i < 3; i++) await client.run({ model: 'sentiment', inputs: ['lovely', 'a secret text'] });
  const long = 'word '.repeat(3_000);
  await client.run({ model: 'sentiment', inputs: [long], priority: 'high' });
  const { text, of } = await read('worker');
  const job = 'model="sentiment",task="text-classification"';
  expect(of(`heddle_jobs_total{${job},source="native",status="succeeded"}`)).toBe(3);
  expect(of(`heddle_jobs_total{${job},source="native",status="failed"}`)).toBe(1);
  expect(of('heddle_item_errors_total{code="input-too-long"}')).toBe(1);
  expect(of('heddle_job_attempts_total{outcome="finished"}')).toBe(4);
  expect(of('heddle_job_wait_seconds_count{priority="normal"}')).toBe(3);
  expect(of('heddle_job_wait_seconds_count{priority="high"}')).toBe(1);
  expect(of(`heddle_job_duration_seconds_count{${job}}`)).toBe(4);
  const passes = of('heddle_inference_duration_seconds_count{model="sentiment",version="1"}');
  expect(passes).toBeGreaterThanOrEqual(3);
  expect(of('heddle_batch_items_sum')).toBe(6);
  expect(of('heddle_batch_items_count')).toBe(passes);
  expect(of('heddle_batch_tokens_sum')).toBe(of('heddle_tokens_total{model="sentiment"}'));
  expect(of('heddle_batch_padding_ratio_sum')).toBeLessThan(passes);
  expect(of('heddle_stale_writes_total')).toBe(0);
  expect(text).toContain('heddle_build_info{');
  expect(text).not.toContain('secret');
  const status = async (path: string) => (await fetch(`http://127.0.0.1:${ports.worker}${path}`)).status;
  expect([await status('/v1/jobs'), await status('/healthz'), await status('/readyz')]).toEqual([
    404, 200, 200,
  ]);
});

it('tell of inference processes that were replaced', async () => {
  const [child] = await childrenOf(heddle.process('worker').pid!);
  process.kill(child!, 'SIGKILL');
  const restarts = async () => (await read('worker')).of('heddle_worker_restarts_total{reason="SIGKILL"}');
  await waitFor(async () => (await restarts()) === 1, { timeoutMs: 10_000 });
});

it('tell what waits, of every dispatcher alike', async () => {
  const { data } = await client.request<Page<Queue>>('GET', '/v1/queues');
  const topic = data.find(({ model }) => model === 'topic')!;
  await client.request('POST', `/v1/queues/${topic.id}/pause`);
  for (const priority of ['high', 'low', 'low'])
    await client.submit({ model: 'topic', inputs: ['Stocks fell'], priority });
  const shown = async () => (await read('dispatcher')).of('heddle_queue_jobs{model="topic",priority="low"}');
  await waitFor(async () => (await shown()) === 2, { timeoutMs: 10_000 });
  const { of, text } = await read('dispatcher');
  expect(of('heddle_queue_jobs{model="topic",priority="high"}')).toBe(1);
  expect(of('heddle_queue_jobs{model="topic",priority="normal"}')).toBe(0);
  expect(of('heddle_queue_tokens{model="topic"}')).toBeGreaterThan(0);
  expect(of('heddle_queue_oldest_age_seconds{model="topic"}')).toBeGreaterThan(0);
  expect(of('heddle_desired_workers{model="topic"}')).toBe(1);
  expect(of('heddle_workers{status="ready"}')).toBe(1);
  expect(text).toContain('heddle_workers{status="lost"} 0');
});

it('are those of docs/metrics.md, with its labels', async () => {
  const api = await fetch(`${heddle.url}/metrics`, { headers: { authorization: `Bearer ${heddle.key}` } });
  const texts = [await api.text(), (await read('worker')).text, (await read('dispatcher')).text];
  const documented = await documentedMetrics();
  const named = texts.flatMap((text) => [...text.matchAll(/^# TYPE (\w+) /gm)].map(([, name]) => name!));
  expect([...new Set(named)].toSorted()).toEqual([...documented.keys()].toSorted());
  for (const [, sample, labels = ''] of texts.join('\n').matchAll(/^(heddle_\w+)(?:\{(.*)\})? /gm)) {
    const own = documented.get(sample!) ?? documented.get(sample!.replace(/_(bucket|sum|count)$/, ''));
    const shown = [...labels.matchAll(/(?:^|,)(\w+)="/g)].map(([, label]) => label!);
    expect(shown.filter((label) => label !== 'le').toSorted(), sample).toEqual([...own!].toSorted());
  }
});

it('tell how many workers a pool should have, as its autoscaler reads it', { timeout: 120_000 }, async () => {
  // As KEDA's metrics-api scaler asks: a number at a path of what a GET with a token answers.
  const asked = async () => {
    const response = await fetch(`${heddle.url}/v1/pools/default`, {
      headers: { authorization: `Bearer ${heddle.key}` },
    });
    return (await response.json()) as Pool;
  };
  expect(await asked()).toMatchObject({ workers: 1, models: null, desired_workers: expect.any(Number) });
  // Once its speed was told, what waits while there is no worker is known in seconds.
  const queueOf = async (model: string) =>
    (await client.request<Page<Queue>>('GET', '/v1/queues')).data.find((queue) => queue.model === model)!;
  await waitFor(async () => (await queueOf('sentiment')).tokens_per_s > 0, { timeoutMs: 15_000 });
  await heddle.kill('worker');
  const text = 'a long and winding road that leads to your door '.repeat(30);
  const jobs = await Promise.all(
    Array.from({ length: 20 }, () =>
      client.submit({ model: 'sentiment', inputs: Array.from({ length: 200 }, (_, i) => `${i} ${text}`) }),
    ),
  );
  const pool = await waitFor(
    async () => {
      const shown = await asked();
      return shown.desired_workers === 7 ? shown : null;
    },
    { timeoutMs: 30_000 },
  );
  expect(pool!.work_s).toBeGreaterThan(6);
  const { of } = await read('dispatcher');
  expect(of('heddle_pool_desired_workers{pool="default"}')).toBe(7);
  expect(of('heddle_pool_work_seconds{pool="default"}')).toBeGreaterThan(6);
  for (const job of jobs) await client.request('POST', `/v1/jobs/${job.id}/cancel`);
  await waitFor(async () => (await asked()).workers === 0, { timeoutMs: 30_000 });
  expect((await read('dispatcher')).of('heddle_pool_workers{pool="default"}')).toBe(0);
});
