import { readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isErrno } from './process.js';
import { type Account, run } from './run.js';

/** `nobody`, which every system has. */
const NOBODY: Account = { name: 'nobody', uid: 65534, gid: 65534 };

/**
 * Null: run the server as ourselves. As root: the owner of `clusterDir` when there is a cluster already, else
 * the account `postgres`, else `nobody`.
 */
export async function serverAccount(clusterDir: string): Promise<Account | null> {
  if (process.getuid?.() !== 0) return null;
  const owner = await ownerOf(clusterDir);
  if (owner && owner.uid !== 0) return owner;
  return (await lookUp('postgres')) ?? NOBODY;
}

/** The account that runs the server cannot reach its data; the message says where and what to do. */
export class UnreachableFolderError extends Error {
  constructor(account: Account, folder: string, closed: string) {
    super(
      `The embedded database runs as ${account.name} (uid ${account.uid}), because Postgres refuses root, and ` +
        `that account cannot enter ${closed}, so ${folder} cannot hold its data. ` +
        'Set HEDDLE_DATA_DIR to a folder that other accounts can reach, for example /var/lib/heddle.',
    );
    this.name = 'UnreachableFolderError';
  }
}

/**
 * Looks at the folders on the way to `folder` that are there.
 * @throws UnreachableFolderError naming the first one that `account` may not enter.
 */
export async function assertCanEnter(account: Account, folder: string): Promise<void> {
  const way: string[] = [];
  for (let at = folder; at !== dirname(at); at = dirname(at)) way.unshift(at);
  for (const at of way) {
    if (!(await ownerOf(at))) return;
    const { code } = await run('/bin/sh', ['-c', 'cd "$1"', 'sh', at], { account, cwd: '/' });
    if (code !== 0) throw new UnreachableFolderError(account, folder, at);
  }
}

async function ownerOf(path: string): Promise<Account | null> {
  try {
    const { uid, gid } = await stat(path);
    return { name: 'the owner of the data', uid, gid };
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return null;
    throw error;
  }
}

async function lookUp(name: string): Promise<Account | null> {
  const passwd = await readFile('/etc/passwd', 'utf8');
  const fields = passwd
    .split('\n')
    .find((line) => line.startsWith(`${name}:`))
    ?.split(':');
  return fields ? { name, uid: Number(fields[2]), gid: Number(fields[3]) } : null;
}
