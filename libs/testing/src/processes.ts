import { readdir, readFile } from 'node:fs/promises';

/** Process ids of the children of a process (Linux). */
export async function childrenOf(parent: number): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const parents = await Promise.all(
    pids.map((pid) =>
      readFile(`/proc/${pid}/stat`, 'utf8').then(
        // The command may hold blanks and parentheses; the parent's id is the second field after the last ")".
        (stat) => ({ pid, ppid: Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) }),
        () => ({ pid, ppid: -1 }),
      ),
    ),
  );
  return parents.filter((entry) => entry.ppid === parent).map((entry) => entry.pid);
}

/**
 * Bytes of memory that a process has for itself (Linux), which others that come and go do not change: all it has allocated,
 * no files; 0 when it has ended.
 */
export async function ownMemoryOf(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/^RssAnon:\s+(\d+) kB$/m.exec(text)?.[1] ?? 0) * 1024;
}

/** Bytes of memory of a process, shared pages in parts (Linux); 0 when it has ended. */
export async function memoryOf(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '');
  return Number(/^Pss:\s+(\d+) kB$/m.exec(text)?.[1] ?? 0) * 1024;
}
