import { setTimeout as sleep } from 'node:timers/promises';
import { childrenOf, memoryOf } from '@heddle/testing';

const PROCESSES = ['api', 'dispatcher', 'worker'];
const LOOK_MS = 1_000;
/** Looks at the beginning that are left out: what a process takes up at its first large piece of work it keeps. */
const WARM_UP = 5;

/** Watches the memory of each process, of the worker's inference processes together, until it is stopped. */
export function watchMemory(heddle) {
  const looks = [];
  let stopped = false;
  const watching = (async () => {
    while (!stopped) {
      looks.push(await memoryNow(heddle));
      await sleep(LOOK_MS);
    }
  })();
  return {
    /** Least and most bytes of each, by name. */
    stop: async () => {
      stopped = true;
      await watching;
      const counted = looks.length > 2 * WARM_UP ? looks.slice(WARM_UP) : looks;
      return Object.fromEntries(
        Object.keys(looks[0]).map((name) => {
          const values = counted.map((look) => look[name]);
          return [name, { least: Math.min(...values), most: Math.max(...values) }];
        }),
      );
    },
  };
}

async function memoryNow(heddle) {
  const own = await Promise.all(PROCESSES.map((name) => memoryOf(heddle.process(name).pid)));
  const children = await childrenOf(heddle.process('worker').pid);
  const inference = (await Promise.all(children.map(memoryOf))).reduce((sum, bytes) => sum + bytes, 0);
  return { ...Object.fromEntries(PROCESSES.map((name, i) => [name, own[i]])), inference };
}
