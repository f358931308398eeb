/**
 * The dispatch window: pointers to the jobs that are about to run, between the dispatcher and the workers.
 *
 * The boundary exists because the window is the only thing BullMQ is trusted with. Postgres holds the jobs and is
 * the only retry authority; what lies here can be lost at any moment and rebuilt from there. So the interface
 * speaks of pointers and of what is still known, never of payloads, results, retries or schedules, and the same
 * contract suite holds for both backends: Redis, and BullMQ's PostgreSQL backend for a Heddle without Redis.
 */

/**
 * Where the window lives: a URL that `parseRedisUrl` reads, or `postgres://`, there with the connections that one process
 * takes at most, however many versions it serves.
 */
export type QueueConnection =
  | { kind: 'redis'; url: string }
  | { kind: 'postgres'; url: string; poolSize?: number };

/** A pointer to one dispatch of a job. */
export interface QueueEntry {
  /** Job UUID. */
  id: string;
  /** Number of the dispatch; a job dispatched again is a new entry. */
  epoch: number;
  /** Of the dispatch, as W3C writes it, where it is traced: not part of what an entry is known by. */
  traceparent?: string | null;
}

/** An entry to be added. */
export interface NewEntry extends QueueEntry {
  /** It is handled before those that wait and do not go ahead, after those that do. */
  goesAhead?: boolean;
}

/** Told about errors of connections in the background: they heal by themselves, so this is for the log. */
export type OnError = (error: Error) => void;

/** The dispatcher's side. Every method rejects with `overloaded`, within seconds, while the backend is away, and works again after. */
export interface DispatchQueue {
  /**
   * Appends entries to the queue of a version (UUID), in this order; those that go ahead to the line before it. An (id, epoch)
   * that the backend still knows is left alone.
   */
  add(version: string, entries: NewEntry[]): Promise<void>;
  /** What `setGeneration` stored, or null when the window was lost since. */
  generation(): Promise<string | null>;
  setGeneration(value: string): Promise<void>;
  /** The queue ids (`<uuid>_<epoch>`) of those entries that wait or are being handled. */
  known(version: string, entries: QueueEntry[]): Promise<Set<string>>;
  /** How many entries wait and how many are being handled: for people and specs; Heddle counts in Postgres. */
  depth(version: string): Promise<{ waiting: number; active: number }>;
  close(): Promise<void>;
}

/** The worker's side. */
export interface WorkQueue {
  /**
   * Starts handling the entries of one version.
   * @throws Error when the backend cannot be reached now, or Redis may evict keys. Later outages heal by themselves.
   */
  consume(options: ConsumerOptions): Promise<QueueConsumer>;
  /** Disconnects. Close the consumers before. */
  close(): Promise<void>;
}

/** One per version that a worker serves. */
export interface QueueConsumer {
  /** No entry reaches the handler any more; handlers that run may finish. Does not wait for them. */
  pause(): Promise<void>;
  /** Pauses, waits for the handlers that run, and disconnects. */
  close(): Promise<void>;
}

export interface ConsumerOptions {
  /** Version UUID. */
  version: string;
  /** Handlers that run at the same time. */
  concurrency: number;
  /** Milliseconds after which an entry of a dead consumer is given to another. Default 30 s. */
  lockDurationMs?: number;
  /** The entry is acknowledged when this settles, either way: a rejection goes to `onError` and nowhere else. */
  handler: (entry: QueueEntry) => Promise<void>;
  /** With the entry whose handler rejected; without one it is an error of a connection. */
  onError: (error: Error, entry?: QueueEntry) => void;
}

/** The id of an entry in the backend. BullMQ refuses `:` in ids and ids that are all digits. */
export function queueId(entry: QueueEntry): string {
  return `${entry.id}_${entry.epoch}`;
}

export function parseQueueId(queueId: string): QueueEntry {
  const separator = queueId.lastIndexOf('_');
  return { id: queueId.slice(0, separator), epoch: Number(queueId.slice(separator + 1)) };
}
