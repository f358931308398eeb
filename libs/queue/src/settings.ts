import type { DefaultJobOptions } from 'bullmq';

/** Braces make every key of the window hash to one slot of a Redis Cluster, which BullMQ's scripts need. */
export const PREFIX = '{heddle}';

/** Longest blocking read of an idle consumer, seconds. */
export const DRAIN_DELAY_S = 5;
/** A consumer that has not renewed its lock for this long is dead. Above the inference timeout of 20 s. */
export const LOCK_DURATION_MS = 30_000;
/** How often consumers look for entries of dead ones. */
export const STALLED_INTERVAL_MS = 5_000;
/** An entry whose consumer died twice leaves the window: Postgres decides whether the job is tried again. */
export const MAX_STALLED_COUNT = 1;
/** Pause of a consumer after a command failed for want of a connection. BullMQ's 15 s would outlast most outages. */
export const RETRY_DELAY_MS = 1_000;
/** Nobody reads BullMQ's event streams (events get lost); they are kept short. */
export const MAX_EVENTS = 100;

/**
 * One attempt, because Postgres is the only retry authority; and nothing kept, because an id that BullMQ still
 * holds as completed or failed would be silently ignored when added again.
 */
export const ENTRY_OPTIONS: DefaultJobOptions = {
  attempts: 1,
  removeOnComplete: { count: 0 },
  removeOnFail: { count: 0 },
};

/** Connections of one process to a window in Postgres: one listens, the others are shared by all its versions. */
export const POOL_SIZE = 8;
