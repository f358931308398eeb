import { readFile } from 'node:fs/promises';

/** A process fills memory with about a gigabyte a second. */
const INTERVAL_MS = 100;

/**
 * Calls `onExceeded` once when a process holds more memory of its own than `limitMib`; pages of mapped files, which
 * the system can drop, do not count. Returns what ends the watch. Linux only: elsewhere nothing is watched.
 */
export function watchMemory(pid: number | undefined, limitMib: number, onExceeded: () => void): () => void {
  let looking = false;
  const timer = setInterval(() => {
    if (looking || pid === undefined) return;
    looking = true;
    void ownMemoryMib(pid).then((memoryMib) => {
      looking = false;
      if (memoryMib <= limitMib) return;
      clearInterval(timer);
      onExceeded();
    });
  }, INTERVAL_MS);
  return () => clearInterval(timer);
}

async function ownMemoryMib(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const kib = [...status.matchAll(/^Rss(?:Anon|Shmem):\s+(\d+) kB$/gm)].map((match) => Number(match[1]));
  return kib.reduce((sum, value) => sum + value, 0) / 1024;
}
