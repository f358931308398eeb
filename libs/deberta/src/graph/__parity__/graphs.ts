import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { openCheckpoint } from '@heddle/checkpoint';
import { createModel, type ModelWriter } from '@heddle/onnx';
import { type CompilationWishes, prepareCompilation } from '../../compilation.js';
import { readJson } from '../../read-json.js';
import { writeRounded } from '../../variants/rounded.js';
import {
  type Compilation,
  GRAPH_FILES,
  type GraphName,
  writeFp16Graph,
  writeGraph,
} from '../write-graphs.js';
import type { ForwardCase } from './manifest.js';
import type { Way } from './ways.js';

/** The part of libs/runtime that is needed; graphs know no runtime. */
export interface ParitySession {
  run(input: {
    inputIds: Int32Array;
    attentionMask: Uint8Array;
    typeIds?: Uint8Array;
    positions?: Int32Array;
    batch: number;
    length: number;
  }): Promise<Record<string, { data: Float32Array; dims: number[] }>>;
  close(): Promise<void>;
}
export type OpenSession = (modelPath: string) => Promise<ParitySession>;

export interface FixtureGraphs {
  /** Answers the case's task; shows `emd_hidden`. */
  main: ParitySession;
  /** Shows hidden states of every layer and token. */
  encoder: ParitySession;
  /** Shows the scores of attention; float32 alone has it. */
  attention: ParitySession | null;
  close(): Promise<void>;
}

/** What is compared: float32, float16, or float32 that rounds to halves. */
export type ParityPrecision = 'fp32' | 'fp16' | 'rounded';

/** Compiles a checkpoint folder for the task of a case, and for its inner values. */
export async function openGraphs(
  folder: string,
  { task, mlm_head: mlmHead }: ForwardCase,
  options: { way: Way; precision: ParityPrecision; maxTokens: number; workDir: string; open: OpenSession },
): Promise<FixtureGraphs> {
  const { way, precision, maxTokens, workDir, open } = options;
  const head = task === 'fill-mask' ? 'masked-lm' : task;
  const wishes = { ...way, maxTokens };
  const answer = join(workDir, 'answer');
  const states = join(workDir, 'states');
  const names: GraphName[] = precision === 'fp32' ? ['main', 'attention'] : ['main'];
  await compileFixture(folder, answer, { ...wishes, head, mlmHead }, names, precision);
  await compileFixture(folder, states, { ...wishes, head: 'features' }, ['main'], precision);
  const main = precision === 'rounded' ? ROUNDED_FILE : GRAPH_FILES.main;
  const sessions = {
    main: await open(join(answer, main)),
    encoder: await open(join(states, main)),
    attention: precision === 'fp32' ? await open(join(answer, GRAPH_FILES.attention)) : null,
  };
  return {
    ...sessions,
    close: async () => {
      for (const session of Object.values(sessions)) await session?.close();
    },
  };
}

const ROUNDED_FILE = 'rounded.onnx';

/** Compiles some graphs of a checkpoint folder that may lack a tokenizer. */
export async function compileFixture(
  folder: string,
  outDir: string,
  wishes: CompilationWishes,
  names: GraphName[],
  precision: ParityPrecision = 'fp32',
): Promise<void> {
  const config = await readJson(folder, 'config.json');
  const checkpoint = await openCheckpoint(folder);
  await mkdir(outDir, { recursive: true });
  const model = await createModel(outDir, 'parity');
  try {
    const compilation = prepareCompilation(config, checkpoint, wishes);
    if (precision !== 'fp32') await writeHalves(compilation, model);
    else for (const name of names) await writeGraph(compilation, model, name, { inner: name === 'main' });
  } finally {
    await model.close();
    await checkpoint.close();
  }
}

async function writeHalves(compilation: Compilation, model: ModelWriter): Promise<void> {
  const half = await writeFp16Graph(compilation, model, { inner: true });
  await writeRounded(half, model.sibling(ROUNDED_FILE));
}
