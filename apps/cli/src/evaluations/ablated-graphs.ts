import { join } from 'node:path';
import { HeddleError } from '@heddle/contracts';
import { type AblatedPart, openAblationCompiler } from '@heddle/deberta';
import type { Engine } from './engine.js';
import type { LocalVersion } from './open-version.js';
import type { Question } from './questions.js';

/** Numbers of the version's own graph and of the checkpoint's may differ by so much: float32, by another compiler. */
const SAME = 1e-3;
/** Questions that show whether a checkpoint is the version's. */
const COMPARED = 3;

/** Paths of graphs. */
export interface AblatedGraphs {
  /** Parts that can be left out. */
  parts: readonly AblatedPart[];
  full: string;
  ablated: { without: AblatedPart[]; path: string }[];
}

/** Compiles a checkpoint whole, and without each part and two of them. Errors: those of an import; the signal's reason. */
export async function compileAblations(
  version: LocalVersion,
  { checkpointDir, dir, signal }: { checkpointDir: string; dir: string; signal: AbortSignal },
): Promise<AblatedGraphs> {
  const compiler = await openAblationCompiler({ ...wishesOf(version), checkpointDir, dir });
  const { parts } = compiler;
  const compiled = async (without: AblatedPart[]) => {
    const file = without.length === 0 ? 'full.onnx' : `without-${without.join('-')}.onnx`;
    signal.throwIfAborted();
    await compiler.write(file, without);
    return { without, path: join(dir, file) };
  };
  try {
    const { path: full } = await compiled([]);
    const ablated = [];
    for (const without of casesOf(parts)) ablated.push(await compiled(without));
    return { parts, full, ablated };
  } finally {
    await compiler.close();
  }
}

/** As the version was compiled. */
export function wishesOf({ manifest: { head, labels, maxTokens } }: LocalVersion) {
  return { head, maxTokens, ...(labels.length > 0 && { labels }) };
}

/** One part, or two: the rows of the paper's table, the mask decoder first, and both position terms besides. */
function casesOf(parts: readonly AblatedPart[]): AblatedPart[][] {
  const ordered = [...parts].sort((a, b) => Number(b === 'emd') - Number(a === 'emd'));
  const pairs = ordered.flatMap((first, i) => ordered.slice(i + 1).map((second) => [first, second]));
  return [...ordered.map((part) => [part]), ...pairs];
}

/** The graph compiled from a checkpoint must say what the version's own says. Errors: `validation`. */
export async function refuseOther(
  engine: Engine,
  { own, compiled }: { own: string; compiled: string },
  questions: readonly Question[],
  { version, checkpointDir }: { version: LocalVersion; checkpointDir: string },
): Promise<void> {
  const sequences = questions.slice(0, COMPARED).map(({ sequences: [first] }) => first!);
  const valuesOf = async (path: string) => {
    await engine.open(path);
    const found: number[] = [];
    for (const { keep: _, ...sequence } of sequences) {
      for (const { data } of Object.values(await engine.run(sequence)))
        for (const value of data) found.push(value);
    }
    return found;
  };
  const wanted = await valuesOf(own);
  const got = await valuesOf(compiled);
  const difference = wanted.reduce((most, value, i) => Math.max(most, Math.abs(value - got[i]!)), 0);
  if (wanted.length === got.length && difference <= SAME) return;
  throw new HeddleError(
    'validation',
    `${checkpointDir} is not the checkpoint that ${version.name} was imported from: its answers differ by ${difference.toPrecision(2)}.`,
  );
}
