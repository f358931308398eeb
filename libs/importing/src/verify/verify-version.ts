import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ImportReport } from '@heddle/contracts';
import { type CompiledModel, type CompileWishes, computeReference, verifyTokenizer } from '@heddle/deberta';
import { measureBatching } from './batching.js';
import { measureParity } from './parity.js';
import { runOnce } from './run-once.js';
import { withSession } from './with-session.js';

/** Percent of the verification after each of its steps, by the time they take. */
const PERCENT = { tokenizer: 10, graphs: 40, batching: 60, reference: 90 } as const;
const MAIN = 'model.onnx';

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
  for (const name of await otherGraphs(dir)) await withSession(join(dir, name), runOnce);
  onPercent(PERCENT.graphs);
  return withSession(join(dir, MAIN), async (session) => {
    const batching = await measureBatching(session, compiled.maxTokens);
    onPercent(PERCENT.batching);
    const probes = await computeReference(folder, wishes);
    onPercent(PERCENT.reference);
    const parity = await measureParity(session, probes);
    onPercent(100);
    return { batching, parity };
  });
}

async function otherGraphs(dir: string): Promise<string[]> {
  return (await readdir(dir)).filter((name) => name.endsWith('.onnx') && name !== MAIN).sort();
}
