import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { openCheckpoint } from '@heddle/checkpoint';
import { createModel } from '@heddle/onnx';
import { type CompilationWishes, prepareCompilation } from '../../compilation.js';
import { readJson } from '../../read-json.js';
import { GRAPH_FILES, type GraphName, writeGraph } from '../write-graphs.js';
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
  /** Shows the scores of attention. */
  attention: ParitySession;
  close(): Promise<void>;
}

/** Compiles a checkpoint folder for the task of a case, and for its inner values. */
export async function openGraphs(
  folder: string,
  { task, mlm_head: mlmHead }: ForwardCase,
  options: { way: Way; maxTokens: number; workDir: string; open: OpenSession },
): Promise<FixtureGraphs> {
  const { way, maxTokens, workDir, open } = options;
  const head = task === 'fill-mask' ? 'masked-lm' : task;
  const wishes = { ...way, maxTokens };
  const answer = join(workDir, 'answer');
  const states = join(workDir, 'states');
  await compileFixture(folder, answer, { ...wishes, head, mlmHead }, ['main', 'attention']);
  await compileFixture(folder, states, { ...wishes, head: 'features' }, ['main']);
  const sessions = {
    main: await open(join(answer, GRAPH_FILES.main)),
    encoder: await open(join(states, GRAPH_FILES.main)),
    attention: await open(join(answer, GRAPH_FILES.attention)),
  };
  return {
    ...sessions,
    close: async () => {
      for (const session of Object.values(sessions)) await session.close();
    },
  };
}

/** Compiles some graphs of a checkpoint folder that may lack a tokenizer. */
export async function compileFixture(
  folder: string,
  outDir: string,
  wishes: CompilationWishes,
  names: GraphName[],
): Promise<void> {
  const config = await readJson(folder, 'config.json');
  const checkpoint = await openCheckpoint(folder);
  await mkdir(outDir, { recursive: true });
  const model = await createModel(outDir, 'parity');
  try {
    const compilation = prepareCompilation(config, checkpoint, wishes);
    for (const name of names) await writeGraph(compilation, model, name, { inner: name === 'main' });
  } finally {
    await model.close();
    await checkpoint.close();
  }
}
