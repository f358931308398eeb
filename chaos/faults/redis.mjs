/** Faults of Redis: it forgets, goes away, is full, evicts, cuts connections, stands still. */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { waitFor } from '@heddle/testing';
import { countErrors, redisCommand } from '../redis-command.mjs';

const backends = ['redis'];
const QUEUED = 10_000;
const ACTIVE = 64;
/** What a start that cannot succeed ends with (EX_CONFIG of sysexits.h). */
const EXIT_CONFIG = 78;

export const REDIS_FAULTS = [
  {
    id: 'F4',
    what: 'FLUSHALL with 10,000 queued jobs',
    backends,
    inject: async ({ heddle, redis, load, brief }) => {
      // While a worker runs, jobs end as fast as clients submit them, and there is no backlog.
      await endWorker(heddle);
      await load.submitMany(brief ? QUEUED / 10 : QUEUED);
      await heddle.start('worker');
      await waitFor(async () => (await countStates(heddle)).running >= ACTIVE, { timeoutMs: 30_000 });
      await heddle.database.query(
        "CREATE TABLE flushed AS SELECT id, epoch FROM jobs WHERE state = 'queued' AND dispatched_at IS NOT NULL",
      );
      await redisCommand(redis.port, 'FLUSHALL');
      const flushedAt = performance.now();
      const lost = await countLost(heddle);
      if (lost === 0) throw new Error('the flush took no entry that waited');
      const { queued, running } = await countStates(heddle);
      const isDispatchedAgain = async () => {
        const [{ again }] = await heddle.database.query(
          `SELECT EXISTS (SELECT FROM jobs j JOIN flushed f USING (id)
             WHERE j.epoch > f.epoch AND j.dispatched_at IS NOT NULL) AS again`,
        );
        return again;
      };
      await waitFor(isDispatchedAgain, { timeoutMs: 30_000 });
      const seconds = (performance.now() - flushedAt) / 1000;
      if (seconds > 5) throw new Error(`dispatched again after ${seconds} s`);
      return { queued, running, lost, again_s: Number(seconds.toFixed(1)) };
    },
  },
  {
    id: 'F5',
    what: 'kill -9 of Redis without persistence, 30 s down',
    backends,
    inject: async ({ heddle, redis, ledger, brief }) => {
      await redis.kill();
      const before = ledger.accepted.size;
      await sleep(brief ? 5_000 : 30_000);
      const accepted = ledger.accepted.size - before;
      if (accepted === 0) throw new Error('nothing was accepted while Redis was away');
      await redis.restart();
      const succeeded = await countSucceeded(heddle);
      const returnedAt = performance.now();
      await waitFor(async () => (await countSucceeded(heddle)) > succeeded, { timeoutMs: 30_000 });
      const seconds = (performance.now() - returnedAt) / 1000;
      if (seconds > 10) throw new Error(`consumed again ${seconds} s after Redis was back`);
      return { accepted_meanwhile: accepted, consuming_s: Number(seconds.toFixed(1)) };
    },
  },
  {
    id: 'F7',
    what: 'maxmemory below what Redis uses, 15 s',
    backends,
    inject: async ({ redis, ledger }) => {
      const refusedBefore = await countErrors(redis.port, 'OOM');
      // A byte: an empty Redis may take less than a megabyte. (0 is no limit.)
      await redisCommand(redis.port, 'CONFIG SET maxmemory 1');
      const before = ledger.accepted.size;
      await sleep(15_000);
      const accepted = ledger.accepted.size - before;
      if (accepted === 0) throw new Error('nothing was accepted while Redis was full');
      const refused = (await countErrors(redis.port, 'OOM')) - refusedBefore;
      await redisCommand(redis.port, 'CONFIG SET maxmemory 0');
      if (refused === 0) throw new Error('Redis refused nothing');
      return { accepted_meanwhile: accepted, refused_commands: refused };
    },
  },
  {
    id: 'F8',
    what: 'start with a Redis that evicts',
    backends,
    inject: async ({ heddle, redis }) => {
      await redisCommand(redis.port, 'CONFIG SET maxmemory-policy allkeys-lru');
      const codes = {};
      for (const name of ['dispatcher 2', 'worker 2']) codes[name] = await codeOfStart(heddle, name);
      await redisCommand(redis.port, 'CONFIG SET maxmemory-policy noeviction');
      if (Object.values(codes).some((code) => code !== EXIT_CONFIG)) {
        throw new Error(
          `a start with a Redis that evicts ended otherwise than with ${EXIT_CONFIG}: ${JSON.stringify(codes)}`,
        );
      }
      return codes;
    },
  },
  {
    id: 'F10',
    what: 'all connections to Redis cut every 100 ms for 5 s; then Redis stands still for 5 s',
    backends,
    inject: async ({ redis }) => {
      let cut = 0;
      for (let i = 0; i < 50; i++) {
        for (const type of ['normal', 'pubsub']) {
          cut += Number((await redisCommand(redis.port, `CLIENT KILL TYPE ${type}`)).slice(1));
        }
        await sleep(100);
      }
      await redisCommand(redis.port, 'CLIENT PAUSE 5000');
      await sleep(5_000);
      if (cut === 0) throw new Error('no connection was cut');
      return { cut };
    },
  },
];

async function endWorker(heddle) {
  const exited = once(heddle.process('worker'), 'exit');
  heddle.process('worker').kill('SIGTERM');
  await exited;
}

async function countStates(heddle) {
  const [counts] = await heddle.database.query(
    "SELECT (count(*) FILTER (WHERE state = 'queued'))::int AS queued, (count(*) FILTER (WHERE state = 'running'))::int AS running FROM jobs",
  );
  return counts;
}

/** Of what was in the window at the flush, how many jobs nobody has claimed. */
async function countLost(heddle) {
  const [{ lost }] = await heddle.database.query(
    "SELECT count(*)::int AS lost FROM jobs j JOIN flushed f USING (id) WHERE j.state = 'queued' AND j.epoch = f.epoch",
  );
  return lost;
}

/** How a start that must not succeed ends: its status or signal, `started`, or `hung`. */
async function codeOfStart(heddle, name) {
  const started = await heddle.start(name).then(
    () => true,
    () => false,
  );
  const { exitCode, signalCode } = heddle.process(name);
  await heddle.kill(name);
  return started ? 'started' : (exitCode ?? signalCode ?? 'hung');
}

async function countSucceeded(heddle) {
  const [{ succeeded }] = await heddle.database.query(
    "SELECT count(*)::int AS succeeded FROM jobs WHERE state = 'succeeded'",
  );
  return succeeded;
}
