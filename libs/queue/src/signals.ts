import type { SignalChannel, Signals } from '@heddle/contracts';
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
  const waiting = new Map<SignalChannel, Set<string>>();
  const sending = new Map<SignalChannel, Promise<void>>();

  /** One send per channel at a time: what is published meanwhile goes out together, however fast it comes. */
  async function drain(channel: SignalChannel): Promise<void> {
    for (;;) {
      const ids = waiting.get(channel);
      if (!ids) return;
      waiting.delete(channel);
      for (const payload of packPayloads([...ids])) {
        try {
          await transport.send(channel, payload);
        } catch (error) {
          failures++;
          onError(error instanceof Error ? error : new Error(String(error)));
        }
      }
    }
  }

  return {
    publish: (channel, payload) => {
      if (closed) return;
      const ids = waiting.get(channel) ?? new Set();
      for (const id of payload.split(',')) ids.add(id);
      waiting.set(channel, ids);
      if (sending.has(channel)) return;
      sending.set(
        channel,
        drain(channel).finally(() => sending.delete(channel)),
      );
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
      await Promise.all(sending.values());
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
