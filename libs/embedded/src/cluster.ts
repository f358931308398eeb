import { randomBytes } from 'node:crypto';
import { access, chown, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { assertCanEnter } from './account.js';
import type { Binaries } from './binaries.js';
import { isErrno } from './process.js';
import { type Account, run } from './run.js';

/** Name of the database superuser and of the database that always exists. */
export const SUPERUSER = 'heddle';
/** The server listens here only. */
export const HOST = '127.0.0.1';
const PASSWORD_BYTES = 24;

/**
 * Everything below a data folder:
 * `cluster/` what Postgres owns, `password` of the superuser, `port` of the last run, `server.log`, `lock`.
 */
export interface DataFolder {
  root: string;
  cluster: string;
  password: string;
  port: string;
  log: string;
}

export function dataFolder(root: string): DataFolder {
  return {
    root,
    cluster: join(root, 'cluster'),
    password: join(root, 'password'),
    port: join(root, 'port'),
    log: join(root, 'server.log'),
  };
}

/**
 * Makes the folder usable by the account that will run the server.
 * @throws Error when that account cannot reach it.
 */
export async function prepareFolder(folder: DataFolder, account: Account | null): Promise<void> {
  await mkdir(folder.root, { recursive: true, mode: 0o755 });
  if (!account) return;
  await chown(folder.root, account.uid, account.gid);
  await assertCanEnter(account, folder.root);
}

/**
 * Creates the cluster unless it is there. It gets its name only when complete, so a first start that was cut off
 * is simply repeated.
 */
export async function initialise(
  folder: DataFolder,
  binaries: Binaries,
  account: Account | null,
  log: (line: string) => void,
): Promise<void> {
  if (await exists(join(folder.cluster, 'PG_VERSION'))) return;
  log(`creating a database in ${folder.root} …`);
  const draft = `${folder.cluster}.new`;
  await rm(draft, { recursive: true, force: true });
  await writeFile(folder.password, randomBytes(PASSWORD_BYTES).toString('base64url'), { mode: 0o600 });
  if (account) await chown(folder.password, account.uid, account.gid);
  const { code, output } = await run(
    binaries.initdb,
    [
      `--pgdata=${draft}`,
      `--username=${SUPERUSER}`,
      `--pwfile=${folder.password}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      // The built-in provider sorts the same on every system and needs no locale of the host.
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      '--locale=C',
    ],
    { account, cwd: folder.root },
  );
  if (code !== 0) throw new Error(`initdb failed in ${folder.root}: ${output.trim()}`);
  await rename(draft, folder.cluster);
}

/** Connection string of the superuser. */
export function connectionUrl(password: string, port: number, database = SUPERUSER): string {
  return `postgres://${SUPERUSER}:${password}@${HOST}:${port}/${database}`;
}

export async function readPassword(folder: DataFolder): Promise<string> {
  return (await readFile(folder.password, 'utf8')).trim();
}

export async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return false;
    throw error;
  }
}
