/** The outcomes of full runs, kept over several invocations: the last one of each fault, backend and seed. */
import { readFile, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus } from 'node:os';

/** Of one run: one cause may violate the promises made to thousands of jobs. */
const KEPT_VIOLATIONS = 20;
const FILE = new URL('../bench/results/chaos.json', import.meta.url);

/** { machine, runs }; without runs where there are none yet. */
export async function readResults() {
  const json = await readFile(FILE, 'utf8').catch((error) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  return json ? JSON.parse(json) : { machine: null, runs: [] };
}

/** Takes the place of an earlier run of the same fault, backend and seed. */
export async function storeResult({ violations, ...rest }) {
  const result = { ...rest, violations: violations.slice(0, KEPT_VIOLATIONS) };
  const { runs } = await readResults();
  const others = runs.filter((run) => nameOf(run) !== nameOf(result));
  const all = [...others, result].sort((a, b) => nameOf(a).localeCompare(nameOf(b), 'en', { numeric: true }));
  const machine = { cpu: cpus()[0].model, cores: availableParallelism(), node: process.version };
  await writeFile(FILE, `${JSON.stringify({ machine, runs: all }, null, 2)}\n`);
}

function nameOf({ fault, backend, seed }) {
  return `${fault} ${backend} ${seed}`;
}
