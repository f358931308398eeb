import { artifactsOf, orExit, readEnvironment } from '@heddle/config';
import {
  checkDatabase,
  checkFolders,
  checkMemory,
  checkModels,
  checkNode,
  checkPort,
  checkProvider,
  checkQueue,
  checkScheduler,
  type Finding,
} from './checks.js';

/** Looks at everything Heddle needs, prints a line each, and returns 1 when something must be mended. */
export async function doctor(): Promise<number> {
  const values = orExit(() => readEnvironment(process.env));
  const checks: (() => Promise<Finding | Finding[]>)[] = [
    async () => checkNode(),
    async () => checkMemory(),
    () => checkScheduler(),
    () => checkFolders(values),
    () => checkPort(values),
    () => checkDatabase(values, artifactsOf(values)),
    () => checkQueue(values),
    () => checkModels(),
    () => checkProvider(values),
  ];
  let failed = false;
  for (const check of checks) {
    for (const { state, what, detail } of [await check()].flat()) {
      process.stdout.write(`${state.padEnd(4)}  ${what.padEnd(14)}  ${detail}\n`);
      failed ||= state === 'fail';
    }
  }
  return failed ? 1 : 0;
}
