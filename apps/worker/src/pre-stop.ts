/**
 * `node pre-stop.js <pid> <seconds>`: a hook that an orchestrator runs before it ends a worker. Has the worker of that pid
 * drain, and returns when it has ended; with status 1 when it has not within these seconds.
 */
import { setTimeout as sleep } from 'node:timers/promises';

const LOOK_MS = 100;
/** Seconds where none are given: a drain by the default settings, and closing everything. */
const USUAL_S = 35;

const [pid, seconds] = [Number(process.argv[2] ?? 1), Number(process.argv[3] ?? USUAL_S)];
if (!(Number.isInteger(pid) && pid > 0 && seconds > 0)) {
  process.stderr.write('usage: node pre-stop.js <pid> <seconds>\n');
  process.exit(2);
}

const until = performance.now() + seconds * 1000;
let isAlive = signal('SIGTERM');
while (isAlive && performance.now() < until) {
  await sleep(LOOK_MS);
  isAlive = signal(0);
}
process.exit(isAlive ? 1 : 0);

/** Whether there is such a process. */
function signal(name: NodeJS.Signals | 0): boolean {
  try {
    process.kill(pid, name);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}
