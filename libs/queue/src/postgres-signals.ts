import { setTimeout as sleep } from 'node:timers/promises';
import type { SignalChannel } from '@heddle/contracts';
import pg from 'pg';
import { windowConnection } from './postgres.js';
import type { OnError } from './queue.js';
import { type Deliver, SIGNAL_CHANNELS, type SignalTransport } from './signal-transport.js';

const NAMESPACE = 'heddle:signal:';
const RECONNECT_DELAY_MS = 500;
/** A listening connection hears nothing when it is half-open; asking shows it. */
const HEARTBEAT_MS = 10_000;

export async function openPostgresTransport(
  url: string,
  deliver: Deliver,
  onError: OnError,
): Promise<SignalTransport> {
  const listener = await keepListening(url, deliver, onError);
  const pool = new pg.Pool({ ...windowConnection(url), max: 1 });
  pool.on('error', onError);
  return {
    send: async (channel, payload) => {
      await pool.query('SELECT pg_notify($1, $2)', [NAMESPACE + channel, payload]);
    },
    close: async () => {
      await listener.stop();
      await pool.end();
    },
  };
}

/** A LISTEN lives and dies with its connection, so a lost one is replaced and listens anew. */
async function keepListening(
  url: string,
  deliver: Deliver,
  onError: OnError,
): Promise<{ stop: () => Promise<void> }> {
  const stopping = new AbortController();
  let client = await listen(url, deliver, onError);
  const loop = (async () => {
    while (!stopping.signal.aborted) {
      await untilLost(client, stopping.signal, onError);
      // A connection that does not answer would listen on beside its successor when it comes to itself.
      leave(client, onError);
      while (!stopping.signal.aborted) {
        try {
          client = await listen(url, deliver, onError);
          break;
        } catch (error) {
          onError(error instanceof Error ? error : new Error(String(error)));
          await sleep(RECONNECT_DELAY_MS);
        }
      }
    }
  })();
  return {
    stop: async () => {
      stopping.abort();
      await loop;
    },
  };
}

async function listen(url: string, deliver: Deliver, onError: OnError): Promise<pg.Client> {
  const client = new pg.Client(windowConnection(url));
  client.on('error', onError);
  client.on('notification', ({ channel, payload = '' }) => {
    deliver(channel.slice(NAMESPACE.length) as SignalChannel, payload);
  });
  try {
    await client.connect();
    for (const channel of SIGNAL_CHANNELS) await client.query(`LISTEN "${NAMESPACE}${channel}"`);
  } catch (error) {
    leave(client, onError);
    throw error;
  }
  return client;
}

/** Says goodbye without waiting: a server that hung up during the greeting never answers. */
function leave(client: pg.Client, onError: OnError): void {
  client.end().catch(onError);
}

/** Returns when the connection has ended or no longer answers, or when `signal` aborts. */
async function untilLost(client: pg.Client, signal: AbortSignal, onError: OnError): Promise<void> {
  let lost = false;
  const waking = new AbortController();
  client.once('end', () => {
    lost = true;
    waking.abort();
  });
  const either = AbortSignal.any([signal, waking.signal]);
  while (!lost && !signal.aborted) {
    await sleep(HEARTBEAT_MS, undefined, { signal: either }).catch((error: unknown) => {
      // Woken early: the loop's condition says why.
      if (!either.aborted) throw error;
    });
    if (lost || signal.aborted) return;
    try {
      await client.query('SELECT 1');
    } catch (error) {
      onError(error instanceof Error ? error : new Error(String(error)));
      return;
    }
  }
}
