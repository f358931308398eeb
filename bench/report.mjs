import { mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus } from 'node:os';
import { TARGETS } from './page/targets.mjs';

/**
 * Writes bench/results/<bench>.json, or <bench>-quick.json: what was measured, with the day and the machine. Prints the
 * targets that it says something about.
 */
export async function writeReport(bench, quick, measured) {
  const folder = new URL('./results/', import.meta.url);
  await mkdir(folder, { recursive: true });
  const report = {
    bench,
    quick,
    date: new Date().toISOString().slice(0, 10),
    machine: { cpu: cpus()[0].model, cores: availableParallelism(), node: process.version },
    ...measured,
  };
  const file = new URL(`${bench}${quick ? '-quick' : ''}.json`, folder);
  await writeFile(file, `${JSON.stringify(report, null, 2)}\n`);
  printTargets({ [bench]: report });
}

function printTargets(reports) {
  const rows = TARGETS.map(({ what, target, measure }) => ({ what, target, ...measure(reports) }));
  const reached = rows.filter(({ met }) => met !== undefined);
  if (reached.length > 0) console.table(reached);
}
