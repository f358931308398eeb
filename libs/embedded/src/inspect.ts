import { realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import { assertCanEnter, serverAccount } from './account.js';
import { connectionUrl, dataFolder, exists, readPassword } from './cluster.js';
import { findRunning } from './postmaster.js';
import { isErrno } from './process.js';

/** What lies in a data folder: no database, one that is stopped, or one that runs and how to reach it. */
export type FoundPostgres = { state: 'none' } | { state: 'stopped' } | { state: 'running'; url: string };

/**
 * Whether the account that would run the server can reach `dataDir`, which need not be there. Makes nothing.
 * @throws UnreachableFolderError when it cannot.
 */
export async function assertServerCanReach(dataDir: string): Promise<void> {
  const root = resolve(dataDir);
  const account = await serverAccount(dataFolder(root).cluster);
  if (account) await assertCanEnter(account, root);
}

/** Looks for the database in `dataDir`, whoever started it. Changes nothing. */
export async function findEmbeddedPostgres(dataDir: string): Promise<FoundPostgres> {
  let root: string;
  try {
    root = await realpath(dataDir);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return { state: 'none' };
    throw error;
  }
  const folder = dataFolder(root);
  if (!(await exists(folder.cluster))) return { state: 'none' };
  const server = await findRunning(folder);
  if (!server) return { state: 'stopped' };
  return { state: 'running', url: connectionUrl(await readPassword(folder), server.port) };
}
