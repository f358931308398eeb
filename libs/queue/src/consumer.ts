import { setTimeout as sleep } from 'node:timers/promises';
import { type Job, WaitingError, Worker, type WorkerOptions } from 'bullmq';
import { openPostgresWorkers } from './postgres-workers.js';
import {
  type ConsumerOptions,
  type OnError,
  parseQueueId,
  type QueueConnection,
  type QueueConsumer,
  type QueueEntry,
  type WorkQueue,
} from './queue.js';
import { connectRedis } from './redis.js';
import {
  DRAIN_DELAY_S,
  LOCK_DURATION_MS,
  MAX_STALLED_COUNT,
  POOL_SIZE,
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

/** Starts a worker of BullMQ on either backend; `disconnect` follows when it has closed. */
type OpenWorker = (
  version: string,
  handle: (job: Job, token?: string) => Promise<void>,
  settings: Omit<WorkerOptions, 'connection'>,
  onError: OnError,
) => Promise<{ worker: AnyWorker; disconnect: () => Promise<void> }>;

/**
 * Opens the worker's side of the window. Consumers in Postgres share a pool of connections; in Redis each has two of
 * its own, one of which blocks.
 * @throws Error when Postgres cannot be reached now. Later outages heal by themselves.
 */
export async function openWorkQueue(
  connection: QueueConnection,
  onError: OnError = () => {},
): Promise<WorkQueue> {
  if (connection.kind === 'redis') {
    const openWorker = redisWorkers(connection.url);
    return { consume: (options) => startConsumer(options, openWorker), close: async () => {} };
  }
  const { open, close } = await openPostgresWorkers(
    connection.url,
    connection.poolSize ?? POOL_SIZE,
    onError,
  );
  return { consume: (options) => startConsumer(options, open), close };
}

async function startConsumer(options: ConsumerOptions, openWorker: OpenWorker): Promise<QueueConsumer> {
  let claiming = true;
  const running = new Set<Promise<void>>();
  const handle = async (job: Job, token?: string): Promise<void> => {
    if (!claiming) {
      // A blocking read that was under way when we paused may still bring one entry: give it back.
      await job.moveToWait(token);
      throw new WaitingError();
    }
    const { traceparent = null } = job.data as Pick<QueueEntry, 'traceparent'>;
    const handled = settle(options, { ...parseQueueId(job.id!), ...(traceparent ? { traceparent } : {}) });
    running.add(handled);
    await handled;
    running.delete(handled);
  };
  const onError: OnError = (error) => options.onError(error);
  const opened = await openWorker(options.version, handle, workerSettings(options), onError);
  const { worker, disconnect } = await ready(opened, onError);
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

function redisWorkers(url: string): OpenWorker {
  return async (version, handle, settings, onError) => {
    const client = await connectRedis(url, 'patient', onError);
    const worker = new Worker(version, handle, { ...settings, prefix: PREFIX, connection: client });
    const disconnect = async () => {
      client.disconnect();
      // Ends the blocking connection, which BullMQ made. It waits for an answer that may never come; we do not.
      void worker.disconnect().catch(onError);
    };
    return { worker, disconnect };
  };
}

type OpenedWorker = Awaited<ReturnType<OpenWorker>>;

async function ready(opened: OpenedWorker, onError: OnError): Promise<OpenedWorker> {
  opened.worker.on('error', onError);
  try {
    await opened.worker.waitUntilReady();
  } catch (error) {
    // BullMQ remembers a failed start for ever, so this worker is of no use.
    await opened.worker.close(true);
    await opened.disconnect();
    throw error;
  }
  return opened;
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
