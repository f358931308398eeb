import { readFile } from 'node:fs/promises';

/**
 * Milliseconds that a process's main thread has been at work since it began, which no other process can lengthen as it
 * can the time that passes. Null where the system does not tell (other than Linux).
 */
export async function cpuTimeOf(pid: number): Promise<number | null> {
  const text = await readFile(`/proc/${pid}/schedstat`, 'utf8').catch(() => '');
  const nanoseconds = /^(\d+) \d+/.exec(text)?.[1];
  return nanoseconds === undefined ? null : Number(nanoseconds) / 1e6;
}

/** The same of this process, all threads. */
export function ownCpuTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
