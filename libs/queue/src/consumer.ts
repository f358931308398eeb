import { setTimeout as sleep } from 'node:timers/promises';
import { createPostgresBackend, type Job, WaitingError, Worker, type WorkerOptions } from 'bullmq';
import { migrateWindow, windowConnection } from './postgres.js';
import {
  type ConsumerOptions,
  type OnError,
  parseQueueId,
  type QueueConnection,
  type QueueConsumer,
  type QueueEntry,
} from './queue.js';
import { connectRedis } from './redis.js';
import {
  DRAIN_DELAY_S,
  LOCK_DURATION_MS,
  MAX_STALLED_COUNT,
  PREFIX,
  RETRY_DELAY_MS,
  STALLED_INTERVAL_MS,
} from './settings.js';

/** Time to acknowledge the last entries and to disconnect. */
const CLOSE_TIMEOUT_MS = 5_000;

/** What this file uses of a worker, the same on either backend. */
type AnyWorker = Pick<Worker, 'waitUntilReady' | 'run' | 'pause' | 'close'> & {
  on(event: 'error', listener: OnError): unknown;
};

/**
 * Starts handling the entries of one version.
 * @throws Error when the backend cannot be reached now, or Redis may evict keys. Later outages heal by themselves.
 */
export async function openConsumer(
  connection: QueueConnection,
  options: ConsumerOptions,
): Promise<QueueConsumer> {
  let claiming = true;
  const running = new Set<Promise<void>>();
  const handle = async (job: Job, token?: string): Promise<void> => {
    if (!claiming) {
      // A blocking read that was under way when we paused may still bring one entry: give it back.
      await job.moveToWait(token);
      throw new WaitingError();
    }
    const handled = settle(options, parseQueueId(job.id!));
    running.add(handled);
    await handled;
    running.delete(handled);
  };
  const { worker, disconnect } = await openWorker(connection, options, handle);
  void worker.run().catch((error: Error) => options.onError(error));

  async function shutDown(): Promise<void> {
    claiming = false;
    const closed = worker.close();
    // BullMQ says goodbye to a backend that is away for as long as it stays away.
    const givenUp = Promise.all(running).then(() => sleep(CLOSE_TIMEOUT_MS, undefined, { ref: false }));
    await Promise.race([closed, givenUp]);
    await disconnect();
  }
  let closing: Promise<void> | undefined;
  return {
    pause: async () => {
      claiming = false;
      await worker.pause(true);
    },
    close: () => {
      closing ??= shutDown();
      return closing;
    },
  };
}

/** Runs the handler to its end, whichever it is. */
async function settle({ handler, onError }: ConsumerOptions, entry: QueueEntry): Promise<void> {
  try {
    await handler(entry);
  } catch (error) {
    onError(error instanceof Error ? error : new Error(String(error)), entry);
  }
}

async function openWorker(
  connection: QueueConnection,
  options: ConsumerOptions,
  handle: (job: Job, token?: string) => Promise<void>,
): Promise<{ worker: AnyWorker; disconnect: () => Promise<void> }> {
  const { version } = options;
  const onError: OnError = (error) => options.onError(error);
  const settings = workerSettings(options);
  if (connection.kind === 'redis') {
    const client = await connectRedis(connection.url, 'patient', onError);
    const worker = new Worker(version, handle, { ...settings, prefix: PREFIX, connection: client });
    return ready(worker, onError, async () => {
      client.disconnect();
      // Ends the blocking connection, which BullMQ made. It waits for an answer that may never come; we do not.
      void worker.disconnect().catch(onError);
    });
  }
  await migrateWindow(connection.url, onError);
  const worker = new Worker(
    version,
    handle,
    { ...settings, connection: windowConnection(connection.url) },
    createPostgresBackend,
  );
  return ready(worker, onError, async () => {});
}

async function ready(
  worker: AnyWorker,
  onError: OnError,
  disconnect: () => Promise<void>,
): Promise<{ worker: AnyWorker; disconnect: () => Promise<void> }> {
  worker.on('error', onError);
  try {
    await worker.waitUntilReady();
  } catch (error) {
    // BullMQ remembers a failed start for ever, so this worker is of no use.
    await worker.close(true);
    await disconnect();
    throw error;
  }
  return { worker, disconnect };
}

function workerSettings(options: ConsumerOptions): Omit<WorkerOptions, 'connection'> {
  return {
    autorun: false,
    concurrency: options.concurrency,
    lockDuration: options.lockDurationMs ?? LOCK_DURATION_MS,
    stalledInterval: STALLED_INTERVAL_MS,
    maxStalledCount: MAX_STALLED_COUNT,
    drainDelay: DRAIN_DELAY_S,
    runRetryDelay: RETRY_DELAY_MS,
  };
}
