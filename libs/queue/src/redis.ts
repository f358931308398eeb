import { setTimeout as sleep } from 'node:timers/promises';
import {
  describeRedis,
  HeddleError,
  parseRedisUrl,
  REDIS_URL_HELP,
  type RedisAddress,
} from '@heddle/contracts';
import { Cluster, type ClusterOptions, Redis, type RedisOptions } from 'ioredis';
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
/** How often a cluster is asked where its slots are when no answer has told so. */
const SLOTS_REFRESH_MS = 5_000;

const reconnectDelay = (times: number) => Math.min(times * RECONNECT_STEP_MS, MAX_RECONNECT_DELAY_MS);

/** Of one connection to one server. */
const CONNECTION: RedisOptions = {
  connectTimeout: CONNECT_TIMEOUT_MS,
  keepAlive: KEEP_ALIVE_MS,
  socketTimeout: SOCKET_TIMEOUT_MS,
};

const COMMON: RedisOptions = {
  ...CONNECTION,
  lazyConnect: true,
  retryStrategy: reconnectDelay,
  sentinelRetryStrategy: reconnectDelay,
  // A master that has become a replica keeps its connections: ask anew for the master, and send the command again.
  reconnectOnError: (error) => (error.message.startsWith('READONLY') ? 2 : false),
};

/** Fails fast: the caller repeats from Postgres, so nothing may wait in memory for Redis to return. */
const FAIL_FAST: RedisOptions = {
  enableOfflineQueue: false,
  maxRetriesPerRequest: 1,
  commandTimeout: COMMAND_TIMEOUT_MS,
};

/** Waits for as long as it takes: a consumer has nothing better to do than to wait for Redis to return. */
const PATIENT: RedisOptions = { maxRetriesPerRequest: null };

type Patience = 'fail-fast' | 'patient';
export type RedisClient = Redis | Cluster;

/**
 * Connects once; afterwards the client reconnects by itself, through the sentinels or the rest of the cluster where there
 * are such. Errors: `overloaded` when Redis cannot be reached now, `redis-evicts-keys`.
 */
export async function connectRedis(url: string, patience: Patience, onError: OnError): Promise<RedisClient> {
  const address = parseRedisUrl(url);
  if (!address) throw new Error(`The URL of Redis ${REDIS_URL_HELP}.`);
  const client = open(address, patience);
  client.on('error', onError);
  try {
    await inTime(client.connect());
    await assertNoEviction(client);
  } catch (cause) {
    client.disconnect();
    if (cause instanceof HeddleError) throw cause;
    throw new HeddleError('overloaded', `${describeRedis(address)} cannot be reached.`, { cause });
  }
  return client;
}

function open(address: RedisAddress, patience: Patience): RedisClient {
  const waiting = patience === 'patient' ? PATIENT : FAIL_FAST;
  if (address.kind === 'server') return new Redis(address.url, { ...COMMON, ...waiting });
  const { nodes, login } = address;
  const tls = address.tls ? { tls: {} } : {};
  if (address.kind === 'cluster') return new Cluster(nodes, clusterOptions(waiting, { ...login, ...tls }));
  const { username, password } = address.sentinelLogin;
  return new Redis({
    ...COMMON,
    ...waiting,
    ...login,
    ...tls,
    sentinels: nodes,
    name: address.master,
    db: address.db,
    enableTLSForSentinelMode: address.tls,
    ...(address.tls ? { sentinelTLS: {} } : {}),
    ...(username === undefined ? {} : { sentinelUsername: username }),
    ...(password === undefined ? {} : { sentinelPassword: password }),
  });
}

function clusterOptions(
  { enableOfflineQueue = true, ...waiting }: RedisOptions,
  server: RedisOptions,
): ClusterOptions {
  return {
    lazyConnect: true,
    enableOfflineQueue,
    clusterRetryStrategy: reconnectDelay,
    slotsRefreshInterval: SLOTS_REFRESH_MS,
    redisOptions: { ...CONNECTION, ...waiting, ...server },
  };
}

/** A client of sentinels or of a cluster tries for ever. */
async function inTime(connected: Promise<void>): Promise<void> {
  const given = new AbortController();
  const late = sleep(CONNECT_TIMEOUT_MS, undefined, { signal: given.signal }).then(() => {
    throw new Error(`no connection within ${CONNECT_TIMEOUT_MS} ms`);
  });
  try {
    await Promise.race([connected, late]);
  } finally {
    given.abort();
    // Both may still reject, and nobody waits for them any more.
    connected.catch(() => undefined);
    late.catch(() => undefined);
  }
}

/** BullMQ only warns, but a window with holes stalls jobs until reconciliation finds them. */
async function assertNoEviction(client: RedisClient): Promise<void> {
  const servers = client instanceof Cluster ? client.nodes('master') : [client];
  for (const server of servers) {
    const policy = /^maxmemory_policy:(\S+)/m.exec(await server.info('memory'))?.[1];
    if (policy === 'noeviction') continue;
    throw new HeddleError(
      'redis-evicts-keys',
      `Redis has maxmemory-policy ${policy}, with which it drops queue entries when memory runs out. ` +
        'Set maxmemory-policy noeviction.',
    );
  }
}
