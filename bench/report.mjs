import { mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus } from 'node:os';

/** Writes bench/results/<bench>.json, or <bench>-quick.json: what was measured, with the day and the machine. */
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
}
