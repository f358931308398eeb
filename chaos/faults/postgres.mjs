/** Faults of Postgres: it crashes, drops connections, stands still. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { childrenOf, waitFor } from '@heddle/testing';
import { signalIfThere } from '../signal.mjs';

/** docs/chaos.md: whoever submits while nothing answers is told so within this time; one more for a busy machine. */
const REFUSAL_S = 3 + 1;
const PROCESSES = ['api', 'dispatcher', 'worker'];

export const POSTGRES_FAULTS = [
  {
    id: 'F23',
    what: 'crash and restart of Postgres',
    inject: async ({ heddle, postgres, load }) => {
      const before = pidsOf(heddle);
      await postgres.kill();
      const down = await load.call('POST', '/v1/jobs', { body: { model: 'sentiment', inputs: ['down'] } });
      if (down?.status !== 503) throw new Error(`without Postgres a submission is answered ${down?.status}`);
      await postgres.restart();
      const readyAt = performance.now();
      await waitFor(
        async () => {
          const answer = await load.call('POST', '/v1/jobs', {
            body: { model: 'sentiment', inputs: ['up'] },
          });
          return answer?.status === 202;
        },
        { timeoutMs: 30_000 },
      );
      const seconds = (performance.now() - readyAt) / 1000;
      if (seconds > 5) throw new Error(`accepts again ${seconds} s after Postgres is ready`);
      assertSamePids(heddle, before);
      return { accepting_s: Number(seconds.toFixed(1)) };
    },
  },
  {
    id: 'F25',
    what: 'all connections to Postgres terminated every 3 s, 15 s long',
    inject: async ({ heddle }) => {
      const before = pidsOf(heddle);
      for (let i = 0; i < 5; i++) {
        await heddle.database.query(
          'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
        );
        await sleep(3_000);
      }
      assertSamePids(heddle, before);
    },
  },
  {
    id: 'F27',
    what: 'Postgres stands still for 10 s',
    inject: async ({ heddle, load }) => {
      const [{ folder }] = await heddle.database.query("SELECT current_setting('data_directory') AS folder");
      const postmaster = Number((await readFile(join(folder, 'postmaster.pid'), 'utf8')).split('\n')[0]);
      const pids = [postmaster, ...(await childrenOf(postmaster))];
      signalAll(pids, 'SIGSTOP');
      const until = performance.now() + 10_000;
      const times = [];
      try {
        while (performance.now() < until) {
          const asked = performance.now();
          const answer = await load.call('POST', '/v1/jobs', {
            body: { model: 'sentiment', inputs: ['still'] },
          });
          // One that was held when the server went on may succeed.
          if (answer && answer.status !== 503 && performance.now() < until) {
            throw new Error(`while Postgres stands still a submission is answered ${answer.status}`);
          }
          if (performance.now() < until) times.push((performance.now() - asked) / 1000);
        }
      } finally {
        signalAll(pids, 'SIGCONT');
      }
      if (times.length === 0) throw new Error('no submission was refused in 10 s');
      const slowest = Math.max(...times);
      if (slowest > REFUSAL_S) throw new Error(`refused after ${slowest} s only`);
      return { slowest_503_s: Number(slowest.toFixed(1)) };
    },
  },
  {
    id: 'F28',
    what: 'the disk of Postgres is full for 10 s',
    volumeMib: 320,
    inject: async ({ heddle, postgres, volume, load }) => {
      const before = pidsOf(heddle);
      const submit = () => load.call('POST', '/v1/jobs', { body: { model: 'sentiment', inputs: ['full'] } });
      await volume.fill();
      // What finds room in pages that there are is still accepted.
      await waitFor(async () => (await submit())?.status === 503, { timeoutMs: 60_000 });
      await sleep(10_000);
      await volume.free();
      const crashed = !(await isAnswering(heddle));
      // Without room for its log Postgres ends; whoever runs it starts it again.
      if (crashed) await postgres.restart();
      await waitFor(async () => (await submit())?.status === 202, { timeoutMs: 60_000 });
      assertSamePids(heddle, before);
      const [{ partial }] = await heddle.database.query(
        'SELECT count(*)::int AS partial FROM jobs j WHERE NOT EXISTS (SELECT FROM job_inputs i WHERE i.job_id = j.id)',
      );
      if (partial > 0) throw new Error(`${partial} jobs have no inputs`);
      return { postgres_ended: crashed };
    },
  },
];

/** Whether Postgres answers within some seconds: it may be recovering. */
async function isAnswering({ database }) {
  const answers = () =>
    database.query('SELECT 1').then(
      () => true,
      () => false,
    );
  return waitFor(answers).catch(() => false);
}

function pidsOf(heddle) {
  return PROCESSES.map((name) => heddle.process(name).pid);
}

function assertSamePids(heddle, before) {
  const ended = PROCESSES.filter((name) => heddle.process(name).exitCode !== null);
  if (ended.length > 0 || String(pidsOf(heddle)) !== String(before)) throw new Error(`ended: ${ended}`);
}

function signalAll(pids, signal) {
  // A backend whose client has left has ended meanwhile.
  for (const pid of pids) signalIfThere(pid, signal);
}
