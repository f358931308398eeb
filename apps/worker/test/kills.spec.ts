import { childrenOf, startHeddle, TestClient, type TestHeddle } from '@heddle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BACKENDS, openBackend } from './backends.js';

const JOBS = 1_000;
const CLIENTS = 16;
/** What `exitOnBugs` and Node itself write. */
const BUG = /uncaught exception|unhandled rejection|uncaughtException|unhandledRejection/;
/** A short lease makes a dead worker known within the test's patience; the mechanism is the same. */
const ENV = {
  HEDDLE_LEASE_MS: '4000',
  HEDDLE_INFERENCE_TIMEOUT_MS: '3000',
  HEDDLE_RECONCILE_INTERVAL_MS: '1000',
  HEDDLE_LOG_LEVEL: 'error',
};

describe.each(BACKENDS)('kill -9 in the middle of 1,000 jobs, dispatch window in %s', (backend) => {
  let heddle: TestHeddle;
  let client: TestClient;
  let close: () => Promise<void>;

  beforeAll(async () => {
    const { redisUrl, stop } = await openBackend(backend);
    heddle = await startHeddle({ env: ENV, ...(redisUrl ? { redisUrl } : {}) });
    client = new TestClient(heddle.url, heddle.key);
    close = async () => {
      await heddle.stop();
      await stop();
    };
  });
  afterAll(async () => {
    // Whatever was killed, nobody else may have met what it does not expect.
    const bugs = heddle
      .logs()
      .split('\n')
      .filter((line) => BUG.test(line));
    await close();
    expect(bugs).toEqual([]);
  });

  it.each(['worker', 'dispatcher', 'api'] as const)('of the %s', { timeout: 180_000 }, async (victim) => {
    await everyJobEndsOnce(async () => {
      await heddle.kill(victim);
      await heddle.start(victim);
    });
  });

  it('of an inference child', { timeout: 180_000 }, async () => {
    const worker = heddle.process('worker').pid!;
    await everyJobEndsOnce(async () => {
      const [child] = await childrenOf(worker);
      process.kill(child!, 'SIGKILL');
    });
    expect(heddle.process('worker').pid).toBe(worker);
    expect(heddle.process('worker').exitCode).toBeNull();
  });

  /** Submits JOBS jobs from CLIENTS clients, strikes when a part of them has ended, and counts what became of them. */
  async function everyJobEndsOnce(strike: () => Promise<void>): Promise<void> {
    const before = await counts();
    const ids = new Set<string>();
    let next = 0;
    const submitAll = async () => {
      while (next < JOBS) {
        const n = next++;
        ids.add(await submitSurely(n));
      }
    };
    const submitting = Promise.all(Array.from({ length: CLIENTS }, submitAll));
    await reach(before.ended + JOBS / 10);
    await strike();
    await submitting;
    expect(ids.size).toBe(JOBS);
    await reach(before.ended + JOBS);
    const after = await counts();
    expect(after.jobs - before.jobs).toBe(JOBS);
    expect(after.succeeded - before.succeeded).toBe(JOBS);
    expect(after.results - before.results).toBe(JOBS);
  }

  /** The same job again and again under one key until it is accepted: what a careful client does. */
  async function submitSurely(n: number): Promise<string> {
    const key = `${Math.floor(performance.timeOrigin)}-${n}-${expect.getState().currentTestName}`.slice(
      0,
      200,
    );
    for (;;) {
      try {
        const body = { model: 'sentiment', inputs: [`film number ${n} was good`, `${n} bad`] };
        return (await client.submit(body, { 'idempotency-key': key.replaceAll(/[^\x21-\x7e]/g, '-') })).id;
      } catch (error) {
        // Refused connections and cut answers are what a killed api looks like, 503 what it has lost; the rest is a defect.
        if (error instanceof Error && /: (4\d\d|5(?!03)\d\d) /.test(error.message)) throw error;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  }

  async function reach(ended: number): Promise<void> {
    const deadline = Date.now() + 120_000;
    for (;;) {
      const now = await counts();
      if (now.ended >= ended) return;
      if (Date.now() > deadline)
        throw new Error(`only ${now.ended} of ${ended} ended\n${heddle.logs().slice(-4000)}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async function counts(): Promise<{ jobs: number; ended: number; succeeded: number; results: number }> {
    const [row] = await heddle.database.query<Awaited<ReturnType<typeof counts>>>(
      `SELECT count(*)::int AS jobs, (count(*) FILTER (WHERE state NOT IN ('queued', 'running')))::int AS ended,
              (count(*) FILTER (WHERE state = 'succeeded'))::int AS succeeded,
              (SELECT count(*)::int FROM job_results) AS results FROM jobs`,
    );
    return row!;
  }
});
