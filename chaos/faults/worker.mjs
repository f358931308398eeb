/** Faults of workers and their inference children. */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fromPublicId } from '@heddle/contracts';
import { childrenOf, waitFor } from '@heddle/testing';
import { redisCommand } from '../redis-command.mjs';

/** reliability.md: a worker that is told to end is gone within this time. */
const DRAIN_S = 25;
const OPEN = ['queued', 'running'];

export const WORKER_FAULTS = [
  {
    id: 'F11',
    what: 'kill -9 of a random worker of two every 2 s, 30 s long',
    inject: async ({ heddle, random, brief }) => {
      await heddle.start('worker 2');
      for (let i = 0; i < (brief ? 5 : 15); i++) {
        const name = random.pick(['worker', 'worker 2']);
        await heddle.kill(name);
        await Promise.all([heddle.start(name), sleep(2_000)]);
      }
    },
  },
  {
    id: 'F14',
    what: 'kill -9 of the worker after it committed results, before it acknowledged them to Redis',
    backends: ['redis'],
    inject: async ({ heddle, redis }) => {
      const before = await succeeded(heddle);
      await redisCommand(redis.port, 'CLIENT PAUSE 3000 WRITE');
      await waitFor(async () => (await succeeded(heddle)) > before);
      await heddle.kill('worker');
      await sleep(3_000);
      await heddle.start('worker');
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
          for (const child of await childrenOf(worker.pid)) kills += kill(child, 'SIGSEGV') ? 1 : 0;
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
    what: 'SIGTERM of the worker with 64 jobs in flight',
    inject: async ({ heddle, client }) => {
      const inputs = Array.from({ length: 64 }, (_, i) => `film ${i} was good`);
      const jobs = await Promise.all(
        Array.from({ length: 64 }, () => client.submit({ model: 'sentiment', inputs })),
      );
      const inFlight = () => countOf(heddle, jobs, "state = 'running'");
      await waitFor(async () => (await inFlight()) >= 32, { timeoutMs: 60_000 });
      const worker = heddle.process('worker');
      const exited = once(worker, 'exit');
      const running = await inFlight();
      const started = performance.now();
      worker.kill('SIGTERM');
      const [code] = await exited;
      const seconds = (performance.now() - started) / 1000;
      const left = await countOf(heddle, jobs, "state = 'running'");
      await heddle.start('worker');
      await waitFor(async () => (await countOf(heddle, jobs, 'completed_at IS NULL')) === 0, {
        timeoutMs: 60_000,
      });
      const reruns = await countOf(heddle, jobs, 'attempt > 1');
      if (code !== 0 || seconds > DRAIN_S || left + reruns > 0) {
        throw new Error(`status ${code} after ${seconds} s, ${left} jobs left behind, ${reruns} run again`);
      }
      return { running, exit_s: Number(seconds.toFixed(1)) };
    },
  },
  {
    id: 'F21',
    what: 'SIGTERM of the worker, SIGKILL 5 s later',
    inject: async ({ heddle }) => {
      const worker = heddle.process('worker');
      worker.kill('SIGTERM');
      await sleep(5_000);
      await heddle.kill('worker');
      await heddle.start('worker');
    },
  },
  {
    id: 'F22',
    what: 'workers 1, 8, 1 under load',
    env: { HEDDLE_INFERENCE_CHILDREN: '1' },
    inject: async ({ heddle, brief }) => {
      const more = Array.from({ length: brief ? 2 : 7 }, (_, i) => `worker ${i + 2}`);
      // All at once they would need longer to load their models than a start may take.
      for (const name of more) await heddle.start(name);
      await sleep(5_000);
      const exits = more.map((name) => once(heddle.process(name), 'exit'));
      for (const name of more) heddle.process(name).kill('SIGTERM');
      const codes = (await Promise.all(exits)).map(([code]) => code);
      if (codes.some((code) => code !== 0)) throw new Error(`workers ended with ${codes}`);
    },
  },
];

async function succeeded(heddle) {
  const [{ count }] = await heddle.database.query(
    "SELECT count(*)::int AS count FROM jobs WHERE state = 'succeeded'",
  );
  return count;
}

async function countOf(heddle, jobs, condition) {
  const ids = jobs.map(({ id }) => `'${fromPublicId('job', id)}'`);
  const [{ count }] = await heddle.database.query(
    `SELECT count(*)::int AS count FROM jobs WHERE id IN (${ids}) AND ${condition}`,
  );
  return count;
}

/** Whether the process was there to be signalled. */
function kill(pid, signal) {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
    return false;
  }
}
