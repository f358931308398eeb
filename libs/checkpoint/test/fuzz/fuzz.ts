import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ErrorCode, HeddleError } from '@heddle/contracts';
import { Random } from '@heddle/testing';
import { extractArchive } from '../../src/archive/extract.js';
import { readTorchObject } from '../../src/torch/read-torch-object.js';
import { withCheckpoint } from '../checkpoint-folder.js';
import { TARGETS, type Target } from './targets.js';

const EXPECTED = new Set<ErrorCode>([
  'invalid-weights',
  'unsupported-weights',
  'unsafe-pickle',
  'unsafe-path',
  'unsafe-archive',
  'archive-limits',
  'missing-tensors',
  'model-nonfinite',
  'not-a-checkpoint',
]);

export interface FuzzReport {
  runs: number;
  /** `accepted` or an error code → how often. */
  outcomes: Map<string, number>;
  slowestMs: number;
  slowest: string;
  /** Growth of the resident memory from the first run to its highest. */
  grownBytes: number;
}

/**
 * Gives `count` mutants to the library, each target in turn. Throws at the first that is neither accepted
 * nor refused with a code of model import, or leaves something behind; the message names target, run and seed.
 */
export async function fuzz(count: number, seed: number): Promise<FuzzReport> {
  const dir = await mkdtemp(join(tmpdir(), 'heddle-fuzz-'));
  const report: FuzzReport = { runs: 0, outcomes: new Map(), slowestMs: 0, slowest: '', grownBytes: 0 };
  const folders = await Promise.all(TARGETS.map((target) => prepare(dir, target)));
  const before = process.memoryUsage.rss();
  try {
    for (let i = 0; i < count; i++) {
      const target = TARGETS[i % TARGETS.length]!;
      const folder = folders[i % TARGETS.length]!;
      const what = `${target.name}, run ${i} of seed ${seed}`;
      const mutant = target.mutant(new Random(seed + i));
      await writeFile(join(folder, target.file), mutant);
      const started = performance.now();
      const outcome = await outcomeOf(target, folder, mutant.length, what);
      const took = performance.now() - started;
      report.runs += 1;
      report.outcomes.set(outcome, (report.outcomes.get(outcome) ?? 0) + 1);
      if (took > report.slowestMs) Object.assign(report, { slowestMs: took, slowest: what });
      report.grownBytes = Math.max(report.grownBytes, process.memoryUsage.rss() - before);
    }
    return report;
  } finally {
    await rm(dir, { recursive: true });
  }
}

async function prepare(dir: string, target: Target): Promise<string> {
  const folder = await mkdtemp(join(dir, 'target-'));
  for (const [name, bytes] of Object.entries(target.rest ?? {})) await writeFile(join(folder, name), bytes);
  return folder;
}

async function outcomeOf(target: Target, folder: string, size: number, what: string): Promise<string> {
  const outDir = join(folder, 'out');
  try {
    if (target.use === 'object') await readTorchObject(join(folder, target.file));
    else if (target.use === 'archive') await extractArchive(join(folder, target.file), outDir);
    else await readEverything(folder, size);
    await rm(outDir, { recursive: true, force: true });
    return 'accepted';
  } catch (error) {
    if (!(error instanceof HeddleError) || !EXPECTED.has(error.code)) {
      throw new Error(`${what}: neither accepted nor refused`, { cause: error });
    }
    const left = await readdir(folder);
    if (left.includes('out')) throw new Error(`${what}: something was left behind`);
    return error.code;
  }
}

/** Reads all tensors, of which repeated elements alone may be more than the file holds. */
async function readEverything(folder: string, size: number): Promise<void> {
  await withCheckpoint(folder, undefined, async (checkpoint) => {
    for (const name of checkpoint.names) {
      const integers = !/^B?F/.test(checkpoint.info(name)!.dtype);
      const values = await checkpoint.read(name).catch((error: unknown) => {
        if (integers && error instanceof HeddleError && error.code === 'unsupported-weights') return [];
        throw error;
      });
      if (values.length > size + 16 * 1024 * 1024)
        throw new Error(`tensor ${name} has ${values.length} values`);
    }
  });
}
