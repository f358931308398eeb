import { HeddleError } from '@heddle/contracts';
import {
  type BackendFactory,
  createPostgresBackend,
  createRedisBackend,
  type IQueueBackend,
  Queue,
  type QueueOptions,
} from 'bullmq';
import { translateErrors } from './errors.js';
import { migrateWindow, windowConnection } from './postgres.js';
import { type DispatchQueue, type OnError, type QueueConnection, queueId } from './queue.js';
import { connectRedis } from './redis.js';
import { ENTRY_OPTIONS, MAX_EVENTS, POOL_SIZE, PREFIX } from './settings.js';

/** Queue that holds no entries, only the generation as a field of its metadata. */
const WINDOW = 'window';
/** BullMQ stores the name of what is to be done with an entry; here there is only one thing. */
const ENTRY_NAME = 'job';
/**
 * Entries that are added one by one. BullMQ's bulk statement for Postgres makes temporary tables: 9 ms, measured, against
 * 2 ms for a single entry; in Redis it saves round trips.
 */
const MAX_SINGLE_ADDS = { postgres: 4, redis: 1 } as const;
/**
 * Milliseconds until the caller of `add` is told that it failed. The dispatcher holds row locks meanwhile, and
 * whoever cancels one of those jobs waits for 2 s at most (the store's lock timeout).
 */
const ADD_TIMEOUT_MS = 1_500;
/** Forward order: an entry that moves on while the states are read one by one is still seen. */
const KNOWN_STATES = ['delayed', 'prioritized', 'wait', 'active'] as const;

/** BullMQ takes entries without a priority first, then those with one, each in the order in which they came. */
const IN_LINE = 1;

/** All versions share the connection of one backend. */
type WindowQueue = Queue<object, void, string, object, void, string, IQueueBackend, null>;

/**
 * Opens the dispatcher's side of the window.
 * @throws Error when the backend cannot be reached now, or Redis may evict keys.
 */
export async function openDispatchQueue(
  connection: QueueConnection,
  onError: OnError = () => {},
): Promise<DispatchQueue> {
  const { root, close } = await openBackend(connection, onError);
  const queues = new Map<string, WindowQueue>();

  function queueOf(version: string): WindowQueue {
    const existing = queues.get(version);
    if (existing) return existing;
    const backend: BackendFactory<IQueueBackend, null> = () => root.forQueue(version, PREFIX);
    const queue: WindowQueue = new Queue(
      version,
      {
        connection: null,
        prefix: PREFIX,
        defaultJobOptions: ENTRY_OPTIONS,
        streams: { events: { maxLen: MAX_EVENTS } },
      },
      backend,
    );
    queue.on('error', onError);
    queues.set(version, queue);
    return queue;
  }

  return {
    add: (version, entries) =>
      translateErrors(async () => {
        const queue = queueOf(version);
        const jobs = entries.map((entry) => ({
          name: ENTRY_NAME,
          data: {},
          opts: { jobId: queueId(entry), ...(entry.goesAhead ? {} : { priority: IN_LINE }) },
        }));
        await within(ADD_TIMEOUT_MS, async (late) => {
          if (jobs.length > MAX_SINGLE_ADDS[connection.kind]) await queue.addBulk(jobs);
          // One after the other: the order of the call is the order of the queue.
          else for (const { name, data, opts } of jobs) if (!late()) await queue.add(name, data, opts);
        });
      }),
    generation: () => translateErrors(() => root.getQueueMetaField('generation')),
    setGeneration: (value) =>
      translateErrors(async () => {
        await root.setQueueMeta({ generation: value });
      }),
    known: (version, entries) =>
      translateErrors(async () => {
        const backend = root.forQueue(version, PREFIX);
        // Said in full: by itself the Redis backend gives two entries of a state, the Postgres backend all.
        const held = new Set((await backend.getRanges([...KNOWN_STATES], 0, -1)).flat());
        return new Set(entries.map(queueId).filter((id) => held.has(id)));
      }),
    depth: (version) =>
      translateErrors(async () => {
        const counts = await queueOf(version).getJobCounts(...KNOWN_STATES);
        const { active = 0, ...rest } = counts;
        return { waiting: Object.values(rest).reduce((sum, count) => sum + count, 0), active };
      }),
    close,
  };
}

/** Rejects when `work` takes longer; what it began may still be carried out, which does no harm to a queue of ids. */
async function within(ms: number, work: (late: () => boolean) => Promise<void>): Promise<void> {
  let late = false;
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      late = true;
      reject(new HeddleError('overloaded', `The queue did not answer within ${ms} ms.`));
    }, ms);
  });
  try {
    await Promise.race([work(() => late), tooLate]);
  } finally {
    clearTimeout(timer);
  }
}

/** The window, which holds the queues of all versions. */
export async function openBackend(
  connection: QueueConnection,
  onError: OnError,
): Promise<{ root: IQueueBackend; close: () => Promise<void> }> {
  let root: IQueueBackend;
  let disconnect = async () => {};
  if (connection.kind === 'redis') {
    const client = await connectRedis(connection.url, 'fail-fast', onError);
    const options: QueueOptions = { connection: client, prefix: PREFIX };
    root = createRedisBackend(WINDOW, options);
    disconnect = async () => client.disconnect();
  } else {
    await migrateWindow(connection.url, onError);
    root = createPostgresBackend(WINDOW, {
      connection: { ...windowConnection(connection.url), max: connection.poolSize ?? POOL_SIZE },
    });
  }
  root.on('error', onError);
  const close = async () => {
    await root.close();
    await disconnect();
  };
  try {
    await root.waitUntilReady();
  } catch (error) {
    await close();
    throw error;
  }
  return { root, close };
}
