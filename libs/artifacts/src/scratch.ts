import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { orStorageFull } from './disk-full.js';
import { makeFolder } from './make-folder.js';

/** Folders for what is thrown away, in a folder that belongs to this process. */
export interface Scratch {
  /** A new empty folder. Errors: `storage-full`. */
  create(): Promise<string>;
  /** Removes everything. */
  close(): Promise<void>;
}

/** Folders that this process has opened; a container's next process may well have the same pid. */
const opened = new Set<string>();

/** `<host> <pid> <random>` */
const OWNER = /^(.+) (\d+) [0-9a-f]{12}$/;
/** Another machine's folder that has not been touched for this long has no owner any more; the longest import takes an hour. */
const ABANDONED_MS = 24 * 3_600_000;

/**
 * Opens scratch folders below `root`, which is made when needed and which any number of processes may share. Removes what processes left there
 * that were killed: those of this machine whose pid is gone or is ours, and those of others after a day.
 */
export async function openScratch(root: string): Promise<Scratch> {
  for (const name of await namesIn(root)) {
    if (await isAbandoned(root, name)) await remove(join(root, name));
  }
  const name = `${hostname()} ${process.pid} ${randomBytes(6).toString('hex')}`;
  opened.add(name);
  const own = join(root, name);
  return {
    create: () =>
      orStorageFull(async () => {
        await makeFolder(own);
        return mkdtemp(join(own, 'x'));
      }),
    close: () => remove(own),
  };
}

async function namesIn(root: string): Promise<string[]> {
  return readdir(root).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
}

async function isAbandoned(root: string, name: string): Promise<boolean> {
  const owner = OWNER.exec(name);
  if (!owner || opened.has(name)) return false;
  if (owner[1] === hostname()) return Number(owner[2]) === process.pid || !isAlive(Number(owner[2]));
  const info = await stat(join(root, name)).catch(() => null);
  return info !== null && Date.now() - info.mtimeMs > ABANDONED_MS;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: somebody else's process, but a living one.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** A child of the dead owner may still be writing: what it adds meanwhile is removed in the next try. */
function remove(path: string): Promise<void> {
  return rm(path, { recursive: true, force: true, maxRetries: 5 });
}
