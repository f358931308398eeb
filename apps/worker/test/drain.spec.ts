import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Page, Worker } from '@heddle/contracts';
import { startHeddle, TestClient, type TestHeddle, waitFor } from '@heddle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BACKENDS, openBackend } from './backends.js';

/** Enough for the work of the first spec, too little for that of the second. */
const DRAIN_MS = 4_000;
/** Beyond the drain: what is aborted, and closing everything, on a busy machine. */
const CLOSING_MS = 10_000;
const PRE_STOP = fileURLToPath(new URL('../dist/pre-stop.js', import.meta.url));

interface Counts {
  jobs: number;
  running: number;
  succeeded: number;
  /** Attempts of the job that took most. */
  attempts: number;
  /** Attempts that were counted against a job. */
  counted: number;
}

describe.each(BACKENDS)('SIGTERM of a worker, dispatch window in %s', (backend) => {
  let heddle: TestHeddle;
  let client: TestClient;
  let close: () => Promise<void>;

  beforeAll(async () => {
    const { redisUrl, stop } = await openBackend(backend);
    const env = { HEDDLE_DRAIN_MS: String(DRAIN_MS), HEDDLE_INFERENCE_CHILDREN: '1' };
    heddle = await startHeddle({ env, ...(redisUrl ? { redisUrl } : {}) });
    client = new TestClient(heddle.url, heddle.key);
    close = async () => {
      await heddle.stop();
      await stop();
    };
  });
  afterAll(() => close());

  async function counts(model: string): Promise<Counts> {
    const [row] = await heddle.database.query<Counts>(
      `SELECT count(*)::int AS jobs, (count(*) FILTER (WHERE j.state = 'running'))::int AS running,
              (count(*) FILTER (WHERE j.state = 'succeeded'))::int AS succeeded,
              coalesce(max(j.attempt), 0)::int AS attempts, coalesce(sum(j.lost + j.crashes), 0)::int AS counted
         FROM jobs j JOIN versions v ON v.id = j.version_id JOIN models m ON m.id = v.model_id
        WHERE m.name = '${model}'`,
    );
    return row!;
  }

  const statuses = async () =>
    (await client.request<Page<Worker>>('GET', '/v1/workers')).data.map(({ status }) => status);

  /** Ends the worker in the middle of the jobs, looks what it left, starts another, and waits for the end. */
  async function drainAmong(
    model: string,
    jobs: string[][],
    end = async (worker: ChildProcess): Promise<void> => void worker.kill('SIGTERM'),
    endedBefore = 0,
  ): Promise<Counts> {
    // Not awaited yet: small jobs may all be done before the last is accepted.
    const submitted = Promise.all(jobs.map((inputs) => client.submit({ model, inputs })));
    await waitFor(async () => (await counts(model)).running > 0, { timeoutMs: 20_000 });
    const worker = heddle.process('worker');
    const exited = once(worker, 'exit');
    const started = Date.now();
    await end(worker);
    expect(await exited).toEqual([0, null]);
    expect(Date.now() - started).toBeLessThan(DRAIN_MS + CLOSING_MS);
    expect((await counts(model)).running).toBe(0);
    await heddle.start('worker');
    await submitted;
    await waitFor(async () => (await counts(model)).succeeded === endedBefore + jobs.length, {
      timeoutMs: 120_000,
    });
    return counts(model);
  }

  it('finishes what it holds when there is time', { timeout: 180_000 }, async () => {
    const jobs = Array.from({ length: 200 }, (_, i) => [`film ${i}`, `${i} bad`]);
    expect(await drainAmong('sentiment', jobs)).toMatchObject({ attempts: 1, counted: 0 });
  });

  it('drains for the hook of an orchestrator, which signals afterwards too', {
    timeout: 180_000,
  }, async () => {
    const hook = async (worker: ChildProcess) => {
      const seconds = String((DRAIN_MS + CLOSING_MS) / 1000);
      const ran = once(spawn(process.execPath, [PRE_STOP, String(worker.pid), seconds]), 'exit');
      await waitFor(async () => (await statuses()).includes('draining') || worker.exitCode !== null);
      worker.kill('SIGTERM');
      expect(await ran).toEqual([0, null]);
    };
    const before = await counts('sentiment');
    const jobs = Array.from({ length: 200 }, (_, i) => Array.from({ length: 8 }, (_, n) => `film ${i}.${n}`));
    const after = await drainAmong('sentiment', jobs, hook, before.succeeded);
    expect(after).toMatchObject({ attempts: 1, counted: 0, succeeded: before.succeeded + 200 });
  });

  it('gives back what it cannot finish, and counts nothing', { timeout: 180_000 }, async () => {
    const text = 'a long and winding road that leads to your door '.repeat(40);
    const jobs = [Array.from({ length: 250 }, (_, i) => `${i} ${text}`)];
    expect(await drainAmong('topic', jobs)).toMatchObject({ attempts: 2, counted: 0 });
  });
});
