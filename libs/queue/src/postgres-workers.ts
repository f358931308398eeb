import { setTimeout as sleep } from 'node:timers/promises';
import {
  type PgPool,
  type PgQueryResult,
  PostgresConnection,
  PostgresQueueBackend,
  type Processor,
  Worker,
  type WorkerOptions,
} from 'bullmq';
import pg from 'pg';
import { migrateWindow, windowConnection } from './postgres.js';
import type { OnError } from './queue.js';

/** Time to say goodbye to a server that may be away. */
const CLOSE_TIMEOUT_MS = 2_000;

type ListenClient = Awaited<ReturnType<PostgresConnection['getListenClient']>>;
type WorkerSettings = Omit<WorkerOptions, 'connection'>;
type PostgresWorker = Worker<object, void, string, PostgresQueueBackend>;

/**
 * Makes BullMQ workers that share the connections of this process. Left to itself each of them takes a pool and a
 * listening connection, and a server has 100 connections for all.
 */
export interface PostgresWorkers {
  /** @throws Error when Postgres cannot be reached now. */
  open(
    version: string,
    handle: Processor<object, void>,
    settings: WorkerSettings,
  ): Promise<{ worker: PostgresWorker; disconnect: () => Promise<void> }>;
  close(): Promise<void>;
}

/**
 * Opens a pool of `poolSize` connections, of which one listens for all workers.
 * @throws Error when Postgres cannot be reached now.
 */
export async function openPostgresWorkers(
  url: string,
  poolSize: number,
  onError: OnError,
): Promise<PostgresWorkers> {
  await migrateWindow(url, onError);
  const pool = new pg.Pool({ ...windowConnection(url), max: poolSize });
  // Every worker that waits has a listener on the one connection that listens.
  pool.on('connect', (client) => client.setMaxListeners(0));
  const connection = new SharedConnection(pool as unknown as PgPool);
  connection.on('error', onError);
  const listening = new Set<PostgresQueueBackend>();
  // BullMQ tells only a backend that owns its connection, and none of these does.
  connection.on('listenerinvalidated', () => {
    for (const backend of listening) listenAnew(backend);
  });

  async function close(): Promise<void> {
    const closed = connection.close().then(() => pool.end());
    await Promise.race([closed, sleep(CLOSE_TIMEOUT_MS, undefined, { ref: false })]);
  }

  try {
    await connection.waitUntilReady();
  } catch (error) {
    await close();
    throw error;
  }
  return {
    open: async (version, handle, settings) => {
      await pool.query('SELECT 1');
      const worker = new Worker<object, void, string, PostgresQueueBackend>(
        version,
        handle,
        // Required, and read by nobody: the backend has its connection already.
        { ...settings, connection: {} },
        (name, options) => new PostgresQueueBackend(connection, name, { ...options, connection: '' }, false),
      );
      const backend = worker.getBackend();
      listening.add(backend);
      worker.on('closing', () => listening.delete(backend));
      return { worker, disconnect: async () => {} };
    },
    close,
  };
}

/** Hands its listening connection to all workers, which BullMQ means for one. */
class SharedConnection extends PostgresConnection {
  private readonly shared = new WeakSet<ListenClient>();

  override async getListenClient(): Promise<ListenClient> {
    const client = await super.getListenClient();
    if (!this.shared.has(client)) shareAnswers(client);
    this.shared.add(client);
    return client;
  }
}

/** All workers say LISTEN, at the same time; pg deprecates a statement before the last one's answer. */
function shareAnswers(client: ListenClient): void {
  const ask = client.query.bind(client);
  const answers = new Map<string, Promise<PgQueryResult>>();
  client.query = (statement: string) => {
    const awaited = answers.get(statement);
    if (awaited) return awaited;
    const answer = ask(statement).finally(() => answers.delete(statement));
    answers.set(statement, answer);
    return answer;
  };
}

/** Ends the wait on a connection that is gone; the next one begins with LISTEN on its successor. */
function listenAnew(backend: PostgresQueueBackend): void {
  void backend.disconnectBlocking();
  void backend.reconnectBlocking();
}
