/** Processor time of processes that have nothing to do. */
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { childrenOf } from '@heddle/testing';

const PROCESSES = ['api', 'dispatcher', 'worker'];
/** Linux counts processor time in ticks of 10 ms, whatever the kernel's own clock. */
const TICKS_PER_SECOND = 100;
/** What the last job has left to do is done by then. */
const SETTLE_MS = 5_000;

/** Percent of a core by system and process; the worker's with its inference children. */
export async function measureIdle(systems, seconds) {
  await sleep(SETTLE_MS);
  const look = () =>
    Promise.all(Object.entries(systems).map(async ([name, heddle]) => [name, await ticksOf(heddle)])).then(
      Object.fromEntries,
    );
  const [before, started] = [await look(), performance.now()];
  await sleep(seconds * 1000);
  const [after, elapsed] = [await look(), (performance.now() - started) / 1000];
  const percent = (ticks) => Math.round((10_000 * ticks) / TICKS_PER_SECOND / elapsed) / 100;
  return Object.fromEntries(
    Object.keys(systems).map((name) => [
      name,
      Object.fromEntries(
        PROCESSES.map((process) => [process, percent(after[name][process] - before[name][process])]),
      ),
    ]),
  );
}

async function ticksOf(heddle) {
  const of = async (name) => {
    const { pid } = heddle.process(name);
    const pids = [pid, ...(await childrenOf(pid))];
    return (await Promise.all(pids.map(ticksOfProcess))).reduce((sum, ticks) => sum + ticks, 0);
  };
  return Object.fromEntries(await Promise.all(PROCESSES.map(async (name) => [name, await of(name)])));
}

/** utime and stime, all threads; the command before them may hold blanks. */
async function ticksOfProcess(pid) {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}
