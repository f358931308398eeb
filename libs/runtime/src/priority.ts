import { writeFile } from 'node:fs/promises';
import { setPriority } from 'node:os';

/**
 * Forward passes take the time that others leave, which is nearly all of it on a worker's machine; whoever submits,
 * dispatches, claims or stores does so at once. Behind thousands of jobs of 200 tokens on two cores that everything shared,
 * another tenant's jobs took 379 ms at the usual priority, 97 with niceness 10 and 65 with 15 (medians; 25 without the
 * others), at as many jobs a second. What nobody waits for comes after them.
 */
const NICENESS = { passes: 15, background: 19 } as const;

/**
 * Lets a process give way to those that keep the queue moving. To be called before it starts threads, which have the
 * priority of their time. Linux may share the processor among sessions before it looks at niceness (autogroups): the process
 * is to lead a session of its own, which gives way as well.
 */
export async function giveWay(pid: number, work: keyof typeof NICENESS): Promise<void> {
  const niceness = NICENESS[work];
  try {
    setPriority(pid, niceness);
    await writeFile(`/proc/${pid}/autogroup`, String(niceness));
  } catch {
    // It has ended, which is told elsewhere, or this system has no autogroups.
  }
}
