/** Faults of workers and their inference children. */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fromPublicId } from '@heddle/contracts';
import { childrenOf, waitFor } from '@heddle/testing';
import { redisCommand } from '../redis-command.mjs';
import { signalIfThere } from '../signal.mjs';
import { countKnown } from '../window.mjs';

/** docs/chaos.md: a worker that is told to end is gone within this time. */
const DRAIN_S = 25;
const OPEN = ['queued', 'running'];
/** Jobs of so many texts end one after the other for some seconds; while there are so many, 64 run at the same time. */
const STREAM = { jobs: 192, inputs: 64 };
const IN_FLIGHT = 32;
/** Longer than a worker that finished a job needs to be seen and killed. */
const PAUSE_MS = 10_000;
/** About 300,000 tokens: more than two cores compute in 5 s. */
const LONG_JOB = { inputs: 1_000, words: 300 };
const STREAM_MS = 180_000;

export const WORKER_FAULTS = [
  {
    id: 'F11',
    what: 'kill -9 of a random worker of two every 2 s, 30 s long',
    inject: async ({ heddle, random, brief }) => {
      await heddle.start('worker 2');
      for (let i = 0; i < (brief ? 5 : 15); i++) {
        const name = random.pick(['worker', 'worker 2']);
        if (heddle.process(name).exitCode !== null) throw new Error(`${name} had ended by itself`);
        await heddle.kill(name);
        await Promise.all([heddle.start(name), sleep(2_000)]);
      }
    },
  },
  {
    id: 'F14',
    what: 'kill -9 of the worker after it committed results, before it acknowledged them to Redis',
    backends: ['redis'],
    inject: async (system) => {
      const { heddle, redis, client } = system;
      const jobs = await submitStream(client);
      await waitFor(async () => (await countOf(heddle, jobs, "state = 'running'")) >= IN_FLIGHT, {
        timeoutMs: 60_000,
      });
      await redisCommand(redis.port, `CLIENT PAUSE ${PAUSE_MS} WRITE`);
      const pausedAt = performance.now();
      const [{ now }] = await heddle.database.query('SELECT now()::text');
      const succeeded = () =>
        heddle.database.query(
          `SELECT id, epoch, version_id FROM jobs WHERE state = 'succeeded' AND completed_at > '${now}'`,
        );
      await waitFor(async () => (await succeeded()).length > 0);
      await heddle.kill('worker');
      if (performance.now() - pausedAt > PAUSE_MS) throw new Error('the worker was killed too late');
      await redisCommand(redis.port, 'CLIENT UNPAUSE');
      const unacknowledged = await countKnown(system, await succeeded());
      if (unacknowledged === 0) throw new Error('everything that was committed had been acknowledged');
      await heddle.start('worker');
      return { unacknowledged };
    },
  },
  {
    id: 'F15',
    what: 'a job that crashes its inference child each time',
    load: false,
    // The one child there is has the job.
    env: { HEDDLE_INFERENCE_CHILDREN: '1' },
    inject: async ({ heddle, client }) => {
      const worker = heddle.process('worker');
      const inputs = Array.from({ length: 200 }, (_, i) => `${i} ${'poison '.repeat(300)}`);
      const { id } = await client.submit({ model: 'sentiment', inputs });
      const stateOf = async () => (await client.get(id)).status;
      let kills = 0;
      await waitFor(
        async () => {
          if ((await stateOf()) !== 'running') return !OPEN.includes(await stateOf());
          for (const child of await childrenOf(worker.pid)) kills += signalIfThere(child, 'SIGSEGV') ? 1 : 0;
          await sleep(300);
          return false;
        },
        { timeoutMs: 60_000 },
      );
      const { status, error } = await client.get(id);
      if (status !== 'failed' || error.code !== 'worker-crashed') {
        throw new Error(`the poison job ended ${status}: ${JSON.stringify(error)}`);
      }
      if (heddle.process('worker') !== worker || worker.exitCode !== null) {
        throw new Error('the worker ended with its child');
      }
      return { kills };
    },
  },
  {
    id: 'F16',
    what: 'one bad input among 32',
    inject: async ({ client }) => {
      const inputs = Array.from({ length: 32 }, (_, i) => (i === 13 ? 'far '.repeat(2_000) : `film ${i}`));
      const { counts, results } = await client.run({ model: 'sentiment', inputs });
      if (counts.succeeded !== 31 || results[13].error?.code !== 'input-too-long') {
        throw new Error(`${JSON.stringify(counts)}, ${JSON.stringify(results[13])}`);
      }
    },
  },
  {
    id: 'F20',
    what: `SIGTERM of the worker with at least ${IN_FLIGHT} jobs in flight`,
    inject: async ({ heddle, client }) => {
      const jobs = await submitStream(client);
      const inFlight = () => countOf(heddle, jobs, "state = 'running'");
      await waitFor(async () => (await inFlight()) >= IN_FLIGHT, { timeoutMs: 60_000 });
      const worker = heddle.process('worker');
      const exited = once(worker, 'exit');
      const started = performance.now();
      worker.kill('SIGTERM');
      // Counted afterwards: as many at least were there at the signal.
      const running = await inFlight();
      const [code] = await exited;
      const seconds = (performance.now() - started) / 1000;
      const left = await countOf(heddle, jobs, "state = 'running'");
      await heddle.start('worker');
      await allSucceed(heddle, jobs);
      if (running < IN_FLIGHT) throw new Error(`only ${running} jobs were in flight`);
      const reruns = await countOf(heddle, jobs, 'attempt > 1');
      if (code !== 0 || seconds > DRAIN_S || left + reruns > 0) {
        throw new Error(`status ${code} after ${seconds} s, ${left} jobs left behind, ${reruns} run again`);
      }
      return { running, exit_s: Number(seconds.toFixed(1)) };
    },
  },
  {
    id: 'F21',
    what: 'SIGTERM of the worker amid a long job, SIGKILL 5 s later',
    inject: async ({ heddle, client, brief }) => {
      const text = 'long '.repeat(LONG_JOB.words);
      const inputs = Array.from({ length: LONG_JOB.inputs }, (_, i) => `${i} ${text}`);
      const jobs = [await client.submit({ model: 'sentiment', inputs })];
      const running = () => countOf(heddle, jobs, "state = 'running'");
      await waitFor(async () => (await running()) === 1, { timeoutMs: 60_000 });
      const worker = heddle.process('worker');
      worker.kill('SIGTERM');
      await sleep(brief ? 1_000 : 5_000);
      if (worker.exitCode !== null) throw new Error('the worker had ended before the SIGKILL');
      await heddle.kill('worker');
      const killedAt = performance.now();
      if ((await running()) !== 1) throw new Error('the killed worker held no job');
      await heddle.start('worker');
      await allSucceed(heddle, jobs);
      return { long_job_s: Math.round((performance.now() - killedAt) / 1000) };
    },
  },
  {
    id: 'F22',
    what: 'workers 1, 8, 1 under load',
    env: { HEDDLE_INFERENCE_CHILDREN: '1' },
    inject: async ({ heddle, client, brief }) => {
      const more = Array.from({ length: brief ? 2 : 7 }, (_, i) => `worker ${i + 2}`);
      // All at once they would need longer to load their models than a start may take.
      for (const name of more) await heddle.start(name);
      const jobs = await submitStream(client);
      const seen = new Set();
      await waitFor(
        async () => {
          for (const id of await runningWorkers(heddle)) seen.add(id);
          return seen.size > more.length;
        },
        { timeoutMs: 60_000 },
      ).catch(() => {
        throw new Error(`only ${seen.size} workers took jobs`);
      });
      const exits = more.map((name) => once(heddle.process(name), 'exit'));
      for (const name of more) heddle.process(name).kill('SIGTERM');
      const codes = (await Promise.all(exits)).map(([code]) => code);
      if (codes.some((code) => code !== 0)) throw new Error(`workers ended with ${codes}`);
      await allSucceed(heddle, jobs);
      return { workers: seen.size };
    },
  },
];

/** Jobs that keep the worker busy, submitted at once. */
function submitStream(client) {
  const inputs = Array.from({ length: STREAM.inputs }, (_, i) => `film ${i} was good`);
  return Promise.all(
    Array.from({ length: STREAM.jobs }, () => client.submit({ model: 'sentiment', inputs })),
  );
}

async function allSucceed(heddle, jobs) {
  await waitFor(async () => (await countOf(heddle, jobs, 'completed_at IS NULL')) === 0, {
    timeoutMs: STREAM_MS,
  });
  const others = await countOf(heddle, jobs, "state <> 'succeeded'");
  if (others > 0) throw new Error(`${others} jobs did not succeed`);
}

/** Ids of the workers that hold jobs now. */
async function runningWorkers(heddle) {
  const rows = await heddle.database.query(
    "SELECT DISTINCT worker_id AS id FROM jobs WHERE state = 'running'",
  );
  return rows.map(({ id }) => id);
}

async function countOf(heddle, jobs, condition) {
  const ids = jobs.map(({ id }) => `'${fromPublicId('job', id)}'`);
  const [{ count }] = await heddle.database.query(
    `SELECT count(*)::int AS count FROM jobs WHERE id IN (${ids}) AND ${condition}`,
  );
  return count;
}
