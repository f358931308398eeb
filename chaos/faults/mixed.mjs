/** One system that is struck by one thing after another, in an order that the seed decides. */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { childrenOf, waitFor } from '@heddle/testing';
import { redisCommand } from '../redis-command.mjs';

/** Between the end of one strike, when a new job has succeeded, and the next one. */
const BETWEEN_MS = 1_000;
const HEALED_MS = 60_000;

const killAndStart =
  (name) =>
  async ({ heddle }) => {
    await heddle.kill(name);
    await heddle.start(name);
  };

const STRIKES = {
  'kill -9 of the api': killAndStart('api'),
  'kill -9 of the dispatcher': killAndStart('dispatcher'),
  'kill -9 of the worker': killAndStart('worker'),
  'kill -9 of an inference process': async ({ heddle, random }) => {
    const children = await childrenOf(heddle.process('worker').pid);
    process.kill(random.pick(children), 'SIGKILL');
  },
  'SIGTERM of the worker': async ({ heddle }) => {
    const exited = once(heddle.process('worker'), 'exit');
    heddle.process('worker').kill('SIGTERM');
    const [code] = await exited;
    await heddle.start('worker');
    if (code !== 0) throw new Error(`the worker ended with ${code} on SIGTERM`);
  },
  'the dispatcher stands still for 3 s': async ({ heddle }) => {
    const dispatcher = heddle.process('dispatcher');
    dispatcher.kill('SIGSTOP');
    await sleep(3_000);
    dispatcher.kill('SIGCONT');
  },
  'all connections to Postgres terminated': ({ heddle }) =>
    heddle.database.query(
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
    ),
  'crash and restart of Postgres': async ({ postgres }) => {
    await postgres.kill();
    await postgres.restart();
  },
};

const REDIS_STRIKES = {
  FLUSHALL: ({ redis }) => redisCommand(redis.port, 'FLUSHALL'),
  'kill -9 of Redis, 2 s down': async ({ redis }) => {
    await redis.kill();
    await sleep(2_000);
    await redis.restart();
  },
  'all connections to Redis cut': async ({ redis }) => {
    await redisCommand(redis.port, 'CLIENT KILL TYPE normal');
    await redisCommand(redis.port, 'CLIENT KILL TYPE pubsub');
  },
};

export const MIXED_FAULTS = [
  {
    id: 'MIX',
    what: 'one after another in random order: kills, a standstill, cut connections, a lost window',
    inject: async (system) => {
      const { load, random, redis } = system;
      const strikes = Object.entries(redis ? { ...STRIKES, ...REDIS_STRIKES } : STRIKES);
      const healed = {};
      for (const [what, strike] of shuffled(strikes, random)) {
        await strike(system);
        const ended = performance.now();
        await waitFor(() => load.isServing(), { timeoutMs: HEALED_MS }).catch((error) => {
          throw new Error(`after ${what}: ${error.message}`);
        });
        healed[what] = Number(((performance.now() - ended) / 1000).toFixed(1));
        await sleep(BETWEEN_MS);
      }
      return { strikes: strikes.length, slowest_s: Math.max(...Object.values(healed)), healed_s: healed };
    },
  },
];

function shuffled(items, random) {
  const left = [...items];
  return items.map(() => left.splice(random.below(left.length), 1)[0]);
}
