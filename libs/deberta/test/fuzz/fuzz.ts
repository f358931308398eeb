import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Random } from '@heddle/testing';
import { type Answer, Loader, MOST_BYTES, MOST_CPU_MS } from '../loader.js';
import { fuzzTargets, type Target } from './targets.js';

/** A report of more says nothing new. */
const MOST_FAULTS = 20;

export interface FuzzReport {
  runs: number;
  /** `accepted` or an error code → how often. */
  outcomes: Map<string, number>;
  /** Every mutant that did not end as it must, by target, run and seed. */
  faults: string[];
  slowest: { cpuMs: number; what: string };
  largest: { grownBytes: number; what: string };
}

/**
 * Gives `count` mutants to a child process that loads them as an import does, each target in turn; only those whose
 * name holds `only`.
 */
export async function fuzz(count: number, seed: number, only = ''): Promise<FuzzReport> {
  const dir = await mkdtemp(join(tmpdir(), 'heddle-fuzz-'));
  const loader = new Loader();
  const report: FuzzReport = {
    runs: 0,
    outcomes: new Map(),
    faults: [],
    slowest: { cpuMs: 0, what: '' },
    largest: { grownBytes: 0, what: '' },
  };
  try {
    const targets = (await fuzzTargets()).filter(({ name }) => name.includes(only));
    const folders = await Promise.all(targets.map((target) => prepare(dir, target)));
    // The good ones first: they must be accepted, and they warm the process up.
    for (const [i, target] of targets.entries()) {
      const { outcome, error = '' } = await loader.load(folders[i]!, join(folders[i]!, 'out'), target.rows);
      if (outcome !== 'accepted') throw new Error(`${target.name}: the original is ${outcome} ${error}`);
    }
    for (let i = 0; i < count && report.faults.length < MOST_FAULTS; i++) {
      const target = targets[i % targets.length]!;
      const folder = folders[i % targets.length]!;
      await writeFile(join(folder, target.file), target.mutant(new Random(seed + i)));
      note(
        report,
        await loader.load(folder, join(folder, 'out'), target.rows),
        `${target.name}, run ${i} of seed ${seed}`,
      );
    }
    return report;
  } finally {
    await loader.end();
    await rm(dir, { recursive: true });
  }
}

async function prepare(dir: string, { files }: Target): Promise<string> {
  const folder = await mkdtemp(join(dir, 'target-'));
  for (const [name, bytes] of Object.entries(files)) await writeFile(join(folder, name), bytes);
  return folder;
}

function note(report: FuzzReport, { outcome, error, cpuMs, grownBytes }: Answer, what: string): void {
  report.runs += 1;
  report.outcomes.set(outcome, (report.outcomes.get(outcome) ?? 0) + 1);
  if (error !== undefined) report.faults.push(`${what}: ${outcome}: ${error}`);
  if (cpuMs > MOST_CPU_MS) report.faults.push(`${what}: took ${Math.round(cpuMs)} ms`);
  if (grownBytes > MOST_BYTES) report.faults.push(`${what}: grew by ${Math.round(grownBytes / 2 ** 20)} MiB`);
  if (cpuMs > report.slowest.cpuMs) report.slowest = { cpuMs, what };
  if (grownBytes > report.largest.grownBytes) report.largest = { grownBytes, what };
}
