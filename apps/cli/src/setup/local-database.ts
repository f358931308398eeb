import { dirname } from 'node:path';
import { ConfigError, type Environment } from '@heddle/config';
import { findEmbeddedPostgres, startEmbeddedPostgres } from '@heddle/embedded';
import { COMMAND } from '../command-name.js';
import { databaseFolder } from './folders.js';

/** `signal` aborts when somebody interrupts the command; then the work tidies up and rejects. */
type Work<T> = (url: string, signal: AbortSignal) => Promise<T>;

/**
 * Does something with the database that the settings mean, whether `heddle up` runs or not: an embedded one that is
 * stopped is started for that long, and stopped again however the work ends. Throws ConfigError where there is no
 * database, an AbortError after an interrupt.
 */
export async function withDatabase<T>(values: Environment, act: Work<T>): Promise<T> {
  const interrupted = new AbortController();
  const onSignal = () => interrupted.abort();
  for (const signal of SIGNALS) process.on(signal, onSignal);
  try {
    return await actOn(values, (url) => act(url, interrupted.signal));
  } finally {
    for (const signal of SIGNALS) process.off(signal, onSignal);
  }
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

async function actOn<T>(values: Environment, act: (url: string) => Promise<T>): Promise<T> {
  if (values.HEDDLE_DATABASE_URL) return act(values.HEDDLE_DATABASE_URL);
  const dataDir = databaseFolder(values);
  const found = await findEmbeddedPostgres(dataDir);
  if (found.state === 'running') return act(found.url);
  if (found.state === 'none') {
    throw new ConfigError([
      `HEDDLE_DATABASE_URL is not set, and HEDDLE_DATA_DIR (${dirname(dataDir)}) holds no database; ` +
        `\`${COMMAND} up\` makes one and prints its first admin key`,
    ]);
  }
  const server = await startEmbeddedPostgres({ dataDir });
  try {
    return await act(server.url);
  } finally {
    await server.stop();
  }
}
