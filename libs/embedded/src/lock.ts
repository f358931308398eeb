import { randomUUID } from 'node:crypto';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isErrno, processIdentity } from './process.js';

/** Another live process uses the data folder. */
export class DataFolderInUseError extends Error {
  constructor(
    readonly folder: string,
    readonly pid: number,
  ) {
    super(
      `The data folder ${folder} is in use by another Heddle (pid ${pid}). ` +
        'Stop that process first, or choose another folder with HEDDLE_DATA_DIR.',
    );
    this.name = 'DataFolderInUseError';
  }
}

interface Holder {
  pid: number;
  identity: string;
}

/**
 * Claims `folder` for this process; returns the release. A lock whose process is gone is taken over.
 * @throws DataFolderInUseError when its process lives (this process included).
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const path = join(folder, 'lock');
  const identity = await processIdentity(process.pid);
  const draft = `${path}.${randomUUID()}`;
  await writeFile(draft, JSON.stringify({ pid: process.pid, identity }), { mode: 0o600 });
  try {
    // link() creates the lock with its content in one step, so nobody ever reads half a lock.
    while (!(await tryLink(draft, path))) await removeStale(folder, path);
  } finally {
    await rm(draft);
  }
  return () => rm(path, { force: true });
}

async function tryLink(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return false;
    throw error;
  }
}

async function removeStale(folder: string, path: string): Promise<void> {
  const seen = await readLock(path);
  if (seen === null) return;
  const holder = parseHolder(seen);
  if (holder && (await processIdentity(holder.pid)) === holder.identity) {
    throw new DataFolderInUseError(folder, holder.pid);
  }
  // Two starters may both find the same stale lock: whoever moves away a newer one puts it back.
  const aside = `${path}.${randomUUID()}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return;
    throw error;
  }
  if ((await readFile(aside, 'utf8')) !== seen) await tryLink(aside, path);
  await rm(aside);
}

async function readLock(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return null;
    throw error;
  }
}

function parseHolder(text: string): Holder | null {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || !('pid' in value) || !('identity' in value))
      return null;
    const { pid, identity } = value;
    return typeof pid === 'number' && typeof identity === 'string' ? { pid, identity } : null;
  } catch (error) {
    // A power cut can leave a file without its content; such a lock has no living owner.
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
