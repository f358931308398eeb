import { foldersOf, orExit, readEnvironment } from '@heddle/config';
import {
  checkDatabase,
  checkDataDir,
  checkMemory,
  checkModels,
  checkNode,
  checkPort,
  checkQueue,
  type Finding,
} from './checks.js';

/** Looks at everything Heddle needs, prints a line each, and returns 1 when something must be mended. */
export async function doctor(): Promise<number> {
  const values = orExit(() => readEnvironment(process.env));
  const { dataDir, artifactsDir } = foldersOf(values);
  const findings: Finding[] = [
    checkNode(),
    checkMemory(),
    await checkDataDir(dataDir),
    await checkPort(values),
    ...(await checkDatabase(values, artifactsDir)),
    await checkQueue(values),
    await checkModels(),
  ];
  for (const { state, what, detail } of findings) {
    process.stdout.write(`${state.padEnd(4)}  ${what.padEnd(14)}  ${detail}\n`);
  }
  return findings.some(({ state }) => state === 'fail') ? 1 : 0;
}
