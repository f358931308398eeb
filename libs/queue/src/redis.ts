import { HeddleError } from '@heddle/contracts';
import { Redis, type RedisOptions } from 'ioredis';
import type { OnError } from './queue.js';
import { DRAIN_DELAY_S } from './settings.js';

/** A Redis that is restarted answers again within this time of its return. */
const MAX_RECONNECT_DELAY_MS = 2_000;
const RECONNECT_STEP_MS = 100;
const CONNECT_TIMEOUT_MS = 5_000;
const KEEP_ALIVE_MS = 10_000;
/** A caller of the dispatcher's side waits no longer than this for one command. */
const COMMAND_TIMEOUT_MS = 2_000;
/** A connection without an answer for this long is dead; above the longest blocking read, drainDelay. */
const SOCKET_TIMEOUT_MS = (DRAIN_DELAY_S + 5) * 1000;

const COMMON: RedisOptions = {
  lazyConnect: true,
  connectTimeout: CONNECT_TIMEOUT_MS,
  keepAlive: KEEP_ALIVE_MS,
  socketTimeout: SOCKET_TIMEOUT_MS,
  retryStrategy: (times) => Math.min(times * RECONNECT_STEP_MS, MAX_RECONNECT_DELAY_MS),
};

/** Fails fast: the caller repeats from Postgres, so nothing may wait in memory for Redis to return. */
const FAIL_FAST: RedisOptions = {
  ...COMMON,
  enableOfflineQueue: false,
  maxRetriesPerRequest: 1,
  commandTimeout: COMMAND_TIMEOUT_MS,
};

/** Waits for as long as it takes: a consumer has nothing better to do than to wait for Redis to return. */
const PATIENT: RedisOptions = { ...COMMON, maxRetriesPerRequest: null };

/**
 * Connects once; afterwards the client reconnects by itself. Errors: `overloaded` when Redis cannot be reached now,
 * `redis-evicts-keys`.
 */
export async function connectRedis(
  url: string,
  patience: 'fail-fast' | 'patient',
  onError: OnError,
): Promise<Redis> {
  const client = new Redis(url, patience === 'patient' ? PATIENT : FAIL_FAST);
  client.on('error', onError);
  try {
    await client.connect();
    await assertNoEviction(client);
  } catch (cause) {
    client.disconnect();
    if (cause instanceof HeddleError) throw cause;
    throw new HeddleError('overloaded', `Redis at ${new URL(url).host} cannot be reached.`, { cause });
  }
  return client;
}

/** BullMQ only warns, but a window with holes stalls jobs until reconciliation finds them. */
async function assertNoEviction(client: Redis): Promise<void> {
  const policy = /^maxmemory_policy:(\S+)/m.exec(await client.info('memory'))?.[1];
  if (policy === 'noeviction') return;
  throw new HeddleError(
    'redis-evicts-keys',
    `Redis has maxmemory-policy ${policy}, with which it drops queue entries when memory runs out. ` +
      'Set maxmemory-policy noeviction.',
  );
}
