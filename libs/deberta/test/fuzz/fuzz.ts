import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Random } from '@heddle/testing';
import { fuzzTargets, type Target } from './targets.js';

const CHILD = fileURLToPath(new URL('./load-mutants.mjs', import.meta.url));
/** Hostile files must be refused within these. Processor time: what runs beside does not count. */
const MOST_CPU_MS = 2_000;
const MOST_BYTES = 256 * 1024 * 1024;
/** A process that says nothing for so long hangs. */
const SILENCE_MS = 20_000;
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

interface Answer {
  outcome: string;
  error?: string;
  cpuMs: number;
  grownBytes: number;
}

/** Gives `count` mutants to a child process that loads them as an import does, each target in turn. */
export async function fuzz(count: number, seed: number): Promise<FuzzReport> {
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
    const targets = await fuzzTargets();
    const folders = await Promise.all(targets.map((target) => prepare(dir, target)));
    // The good ones first: they must be accepted, and they warm the process up.
    for (const [i, target] of targets.entries()) {
      const { outcome, error = '' } = await loader.load(folders[i]!, target.rows);
      if (outcome !== 'accepted') throw new Error(`${target.name}: the original is ${outcome} ${error}`);
    }
    for (let i = 0; i < count && report.faults.length < MOST_FAULTS; i++) {
      const target = targets[i % targets.length]!;
      const folder = folders[i % targets.length]!;
      await writeFile(join(folder, target.file), target.mutant(new Random(seed + i)));
      note(report, await loader.load(folder, target.rows), `${target.name}, run ${i} of seed ${seed}`);
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

/** The child process, started again when a mutant has ended or blocked it. */
class Loader {
  private child: ChildProcess | undefined;

  async load(folder: string, rows: number | null): Promise<Answer> {
    this.child ??= fork(CHILD, { serialization: 'advanced', stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
    const child = this.child;
    let stderr = '';
    const listen = (chunk: Buffer) => {
      stderr = (stderr + chunk.toString()).slice(-2_000);
    };
    child.stderr!.on('data', listen);
    const lost = new AbortController();
    const timer = setTimeout(() => lost.abort(new Error('hangs')), SILENCE_MS);
    child.once('close', (code, signal) => lost.abort(new Error(`ended with ${signal ?? code}: ${stderr}`)));
    try {
      child.send({ folder, rows });
      return ((await once(child, 'message', { signal: lost.signal })) as [Answer])[0];
    } catch {
      await this.end();
      return { outcome: 'crash', error: String(lost.signal.reason), cpuMs: 0, grownBytes: 0 };
    } finally {
      clearTimeout(timer);
      child.stderr!.off('data', listen);
      child.removeAllListeners('close');
    }
  }

  async end(): Promise<void> {
    const child = this.child;
    this.child = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
}
