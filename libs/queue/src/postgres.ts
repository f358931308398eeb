import { runMigrations } from 'bullmq';
import pg from 'pg';
import type { OnError } from './queue.js';

/** BullMQ's default; pools that we build have no other way to name it. */
const SCHEMA = 'bullmq';
const CONNECT_TIMEOUT_MS = 2_000;
const STATEMENT_TIMEOUT_MS = 5_000;
/** Above the statement timeout: it ends the wait for a server that does not answer at all. */
const QUERY_TIMEOUT_MS = 7_000;
/** Many processes start at once and wait for one another's migration. */
const MIGRATION_TIMEOUT_MS = 60_000;
/** A listening connection that was silently dropped is noticed in seconds; the system's default is two hours. */
const KEEP_ALIVE_DELAY_MS = 10_000;

/** Settings of every connection of the window. */
export function windowConnection(url: string) {
  return {
    connectionString: url,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    query_timeout: QUERY_TIMEOUT_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_DELAY_MS,
    application_name: 'heddle-queue',
    // The window can be rebuilt at any time, so no commit waits for the disk.
    options: `-c synchronous_commit=off -c search_path=${SCHEMA}`,
  };
}

/**
 * Creates or updates BullMQ's tables. Safe from several processes at once: BullMQ holds an advisory lock.
 * @throws Error when Postgres cannot be reached now.
 */
export async function migrateWindow(url: string, onError: OnError): Promise<void> {
  const pool = new pg.Pool({
    connectionString: url,
    max: 1,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: MIGRATION_TIMEOUT_MS,
  });
  try {
    const client = await pool.connect();
    client.on('error', onError);
    try {
      await runMigrations(client, SCHEMA);
    } finally {
      client.release();
    }
  } finally {
    await pool.end();
  }
}
