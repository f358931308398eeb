import { readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';

const SHA = /^[0-9a-f]{40,64}$/;

/** The commit that is checked out in a folder; null when the folder is no checkout. Read from files: git may be absent. */
export async function checkedOutCommit(folder: string): Promise<string | null> {
  try {
    const gitDir = await gitDirOf(folder);
    const head = await textOf(join(gitDir, 'HEAD'));
    const ref = /^ref: (\S+)$/.exec(head)?.[1];
    const commit = ref === undefined ? head : await commitOf(gitDir, ref);
    return commit !== null && SHA.test(commit) ? commit : null;
  } catch {
    return null;
  }
}

/** A worktree has a file in place of the folder. */
async function gitDirOf(folder: string): Promise<string> {
  const path = join(folder, '.git');
  if ((await stat(path)).isDirectory()) return path;
  return resolve(folder, (await textOf(path)).replace(/^gitdir: /, ''));
}

/** Refs lie in the folder that all worktrees share, each in a file of its own or packed into one. */
async function commitOf(gitDir: string, ref: string): Promise<string | null> {
  const shared = resolve(gitDir, await textOf(join(gitDir, 'commondir')).catch(() => '.'));
  const loose = await textOf(join(shared, ref)).catch(() => null);
  if (loose !== null) return loose;
  const packed = (await textOf(join(shared, 'packed-refs'))).split('\n');
  return packed.find((line) => line.endsWith(` ${ref}`))?.split(' ', 1)[0] ?? null;
}

async function textOf(path: string): Promise<string> {
  return (await readFile(path, 'utf8')).trim();
}
