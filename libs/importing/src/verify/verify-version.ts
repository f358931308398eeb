import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ImportReport } from '@heddle/contracts';
import { type CompiledModel, type CompileWishes, computeReference, verifyTokenizer } from '@heddle/deberta';
import { measureBatching } from './batching.js';
import { measureParity } from './parity.js';
import { runOnce } from './run-once.js';
import { withSession } from './with-session.js';

/** Percent of the verification after each of its steps, by the time they take. */
const PERCENT = { tokenizer: 5, reference: 45, main: 85 } as const;
const MAIN = 'model.onnx';
/** The main graph in another lowering and for GPUs: workers may serve any, so all are held against the source weights. */
const OTHER_MAINS = ['gather.onnx', 'gpu.onnx'];

export interface Subject {
  /** The checkpoint. */
  folder: string;
  /** What was compiled from it. */
  dir: string;
  compiled: CompiledModel;
  /** Those it was compiled with. */
  wishes: CompileWishes;
}

/**
 * Tries everything a worker will do with a version. Errors: `unsupported-tokenizer`, `model-nonfinite`,
 * `quality-loss`.
 */
export async function verifyVersion(
  { folder, dir, compiled, wishes }: Subject,
  onPercent: (percent: number) => void,
): Promise<Pick<ImportReport, 'parity' | 'batching'>> {
  onPercent(0);
  await verifyTokenizer(join(dir, 'tokenizer.json'), compiled.architecture.vocabSize);
  onPercent(PERCENT.tokenizer);
  const probes = await computeReference(folder, wishes);
  onPercent(PERCENT.reference);
  // One session at a time: each maps all weights.
  const measured = await withSession(join(dir, MAIN), async (session) => ({
    batching: await measureBatching(session, compiled.maxTokens),
    parity: await measureParity(session, probes),
  }));
  onPercent(PERCENT.main);
  for (const name of await otherGraphs(dir)) {
    await withSession(join(dir, name), async (session) => {
      if (OTHER_MAINS.includes(name)) await measureParity(session, probes);
      else await runOnce(session);
    });
  }
  onPercent(100);
  return measured;
}

async function otherGraphs(dir: string): Promise<string[]> {
  return (await readdir(dir)).filter((name) => name.endsWith('.onnx') && name !== MAIN).sort();
}
