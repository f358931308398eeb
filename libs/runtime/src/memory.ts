import { readFile, writeFile } from 'node:fs/promises';

/**
 * Bytes of memory of a process; pages that several processes share count in parts, so that sums are right. Null where
 * the system does not tell: other than Linux, or the process is another account's or has ended.
 */
export async function memoryOf(pid: number | 'self'): Promise<number | null> {
  const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '');
  const kib = /^Pss:\s+(\d+) kB$/m.exec(text)?.[1];
  return kib === undefined ? null : Number(kib) * 1024;
}

/** Makes a process the first that the system ends when it runs out of memory (Linux; elsewhere nothing happens). */
export async function killFirst(pid: number): Promise<void> {
  await writeFile(`/proc/${pid}/oom_score_adj`, '1000').catch(() => undefined);
}
