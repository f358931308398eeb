import type { SignalChannel } from '@heddle/contracts';
import type { OnError } from './queue.js';
import { connectRedis } from './redis.js';
import { type Deliver, SIGNAL_CHANNELS, type SignalTransport } from './signal-transport.js';

const NAMESPACE = '{heddle}:signal:';

export async function openRedisTransport(
  url: string,
  deliver: Deliver,
  onError: OnError,
): Promise<SignalTransport> {
  // Subscribes again by itself after every reconnect.
  const subscriber = await connectRedis(url, 'patient', onError);
  subscriber.on('message', (name: string, payload: string) => {
    deliver(name.slice(NAMESPACE.length) as SignalChannel, payload);
  });
  await subscriber.subscribe(...SIGNAL_CHANNELS.map((channel) => NAMESPACE + channel));
  const publisher = await connectRedis(url, 'fail-fast', onError).catch((error: unknown) => {
    subscriber.disconnect();
    throw error;
  });
  return {
    send: async (channel, payload) => {
      await publisher.publish(NAMESPACE + channel, payload);
    },
    close: async () => {
      subscriber.disconnect();
      publisher.disconnect();
    },
  };
}
