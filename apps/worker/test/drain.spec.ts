import { once } from 'node:events';
import type { Job } from '@heddle/contracts';
import { startHeddle, TestClient, type TestHeddle, waitFor } from '@heddle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BACKENDS, openBackend } from './backends.js';

/** Longer than any forward pass here, shorter than the work of the second spec. */
const DRAIN_MS = 5_000;

describe.each(BACKENDS)('SIGTERM of a worker, dispatch window in %s', (backend) => {
  let heddle: TestHeddle;
  let client: TestClient;
  let close: () => Promise<void>;

  beforeAll(async () => {
    const { redisUrl, stop } = await openBackend(backend);
    const env = { HEDDLE_DRAIN_MS: String(DRAIN_MS), HEDDLE_LOG_LEVEL: 'info' };
    heddle = await startHeddle({ env, ...(redisUrl ? { redisUrl } : {}) });
    client = new TestClient(heddle.url, heddle.key);
    close = async () => {
      await heddle.stop();
      await stop();
    };
  });
  afterAll(() => close());

  /** Ends the worker in the middle of these jobs, starts another, and returns how many attempts the jobs took. */
  async function drainAmong(jobs: { model: string; inputs: string[] }[]): Promise<number[]> {
    const submitting = Promise.all(jobs.map(async (job) => (await client.submit(job)).id));
    await waitFor(isRunning, { timeoutMs: 20_000 });
    const worker = heddle.process('worker');
    const exited = once(worker, 'exit');
    const started = Date.now();
    worker.kill('SIGTERM');
    expect(await exited).toEqual([0, null]);
    const ids = await submitting;
    expect(Date.now() - started).toBeLessThan(DRAIN_MS + 10_000);
    expect(await states(ids)).not.toContain('running');
    await heddle.start('worker');
    await waitFor(async () => (await states(ids)).every((state) => state === 'succeeded'), {
      timeoutMs: 90_000,
    });
    const counted = await heddle.database.query('SELECT id FROM jobs WHERE lost > 0 OR crashes > 0');
    expect(counted).toEqual([]);
    return Promise.all(ids.map(async (id) => (await lightly(id)).attempts));
  }
  async function isRunning(): Promise<boolean> {
    const running = await heddle.database.query("SELECT 1 FROM jobs WHERE state = 'running' LIMIT 1");
    return running.length > 0;
  }
  const lightly = (id: string) => client.request<Job>('GET', `/v1/jobs/${id}?include=none`);
  async function states(ids: string[]): Promise<string[]> {
    return Promise.all(ids.map(async (id) => (await lightly(id)).status));
  }

  it('finishes what it holds when there is time', { timeout: 180_000 }, async () => {
    const attempts = await drainAmong(
      Array.from({ length: 300 }, (_, i) => ({ model: 'sentiment', inputs: [`film ${i}`, `${i} bad`] })),
    );
    expect(attempts.every((attempt) => attempt === 1)).toBe(true);
  });

  it('gives back what it cannot finish, and counts nothing', { timeout: 180_000 }, async () => {
    const text = 'a long and winding road that leads to your door '.repeat(40);
    const inputs = Array.from({ length: 400 }, (_, i) => `${i} ${text}`);
    const attempts = await drainAmong(Array.from({ length: 2 }, () => ({ model: 'topic', inputs })));
    expect(Math.max(...attempts)).toBe(2);
  });
});
