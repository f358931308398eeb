import type { SignalChannel, Signals } from '@heddle/contracts';
import { createOutbox, type Outbox } from './outbox.js';
import { openPostgresTransport } from './postgres-signals.js';
import type { OnError, QueueConnection } from './queue.js';
import { openRedisTransport } from './redis-signals.js';
import { type Deliver, SIGNAL_CHANNELS } from './signal-transport.js';

/** `Signals` that say how many publishes failed: for a metric, since nobody is told otherwise. */
export interface CountedSignals extends Signals {
  failedPublishes(): number;
}

/** Postgres refuses a notification of 8000 bytes; ids are ASCII, so characters are bytes. */
const MAX_PAYLOAD_CHARS = 7900;

/**
 * Opens signals over Redis pub/sub, or over LISTEN/NOTIFY.
 * @throws Error when the backend cannot be reached now. Later outages heal by themselves; signals sent
 * meanwhile are lost.
 */
export async function openSignals(
  connection: QueueConnection,
  onError: OnError = () => {},
): Promise<CountedSignals> {
  const listeners = new Map<SignalChannel, Set<(payload: string) => void>>();
  for (const channel of SIGNAL_CHANNELS) listeners.set(channel, new Set());
  const deliver: Deliver = (channel, payload) => {
    for (const listener of listeners.get(channel)!) listener(payload);
  };
  const open = connection.kind === 'redis' ? openRedisTransport : openPostgresTransport;
  const transport = await open(connection.url, deliver, onError);

  let failures = 0;
  let closed = false;
  const outboxes = new Map<SignalChannel, Outbox>();
  for (const channel of SIGNAL_CHANNELS) {
    const sendAll = async (ids: string[]) => {
      for (const payload of packPayloads(ids)) {
        try {
          await transport.send(channel, payload);
        } catch (error) {
          failures++;
          onError(error instanceof Error ? error : new Error(String(error)));
        }
      }
    };
    outboxes.set(channel, createOutbox(sendAll));
  }

  return {
    publish: (channel, payload) => {
      if (closed) return;
      outboxes.get(channel)!.add(payload.split(','));
    },
    subscribe: async (channel, listener) => {
      // A wrapper of its own, so that the same function can subscribe twice.
      const own = (payload: string) => listener(payload);
      listeners.get(channel)!.add(own);
      return async () => {
        listeners.get(channel)!.delete(own);
      };
    },
    close: async () => {
      closed = true;
      await Promise.all([...outboxes.values()].map((outbox) => outbox.whenEmpty()));
      await transport.close();
    },
    failedPublishes: () => failures,
  };
}

/** Ids joined by commas into payloads that fit into one notification each. An empty id is a bare nudge. */
function packPayloads(ids: string[]): string[] {
  const named = ids.filter((id) => id !== '');
  if (named.length === 0) return [''];
  const payloads: string[] = [];
  for (const id of named) {
    const last = payloads.at(-1);
    if (last !== undefined && last.length + 1 + id.length <= MAX_PAYLOAD_CHARS) {
      payloads[payloads.length - 1] = `${last},${id}`;
    } else payloads.push(id);
  }
  return payloads;
}
