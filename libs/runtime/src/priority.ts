import { setPriority } from 'node:os';

/**
 * Niceness by what a process does. Forward passes take the time that others leave, which is nearly all of it on a worker's
 * machine; whoever submits, dispatches, claims or stores gets it first. Imports and tuning come after them. Not lower: where
 * the machine is busy with something else, passes still get a tenth of a core each, within their time limit.
 */
const NICENESS = { passes: 10, imports: 15, tuning: 19 } as const;

/** Lets a process give way. To be called before it starts threads, which have the priority of their time. */
export function giveWay(pid: number, work: keyof typeof NICENESS): void {
  try {
    setPriority(pid, NICENESS[work]);
  } catch {
    // It has ended already, which is told elsewhere; or this system refuses, and then all share alike.
  }
}
