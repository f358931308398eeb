import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { compileModel } from '../../compile.js';
import { GRAPH_FILES } from '../../graph/write-graphs.js';
import { openTokenizer } from '../../tokenizer/tokenizer.js';
import type { ForwardRow, GraphName, Sequence } from '../task.js';
import { differences } from './differences.js';
import { type PipelineSubject, runPipeline } from './run-pipeline.js';

/** The part of libs/runtime that is needed; tasks know no runtime. */
interface ParitySession {
  run(input: {
    inputIds: Int32Array;
    attentionMask: Uint8Array;
    typeIds: Uint8Array;
    positions: Int32Array;
    batch: number;
    length: number;
    outputs: string[];
  }): Promise<Record<string, { data: Float32Array; dims: number[]; axes: (string | number)[] }>>;
  close(): Promise<void>;
}
export type OpenSession = (modelPath: string) => Promise<ParitySession>;

/** Format of the fixtures' manifest.json (deberta-fixtures/1), as far as pipelines need it. */
const pipelineCase = z.object({
  type: z.literal('pipeline'),
  task: z.string(),
  file: z.string(),
  count: z.int(),
  atol: z.number(),
  rtol: z.number(),
  mlm_head: z.enum(['ms-emd', 'hf-new', 'hf-legacy']).optional(),
});
const manifest = z.object({
  format: z.literal('deberta-fixtures/1'),
  kind: z.literal('pipeline'),
  cases: z.tuple([pipelineCase]),
});
const items = z.object({
  items: z.array(
    z.object({
      id: z.string(),
      inputs: z.unknown(),
      params: z.record(z.string(), z.unknown()).default({}),
      expect: z.unknown(),
    }),
  ),
});

/** A fixture folder of kind `pipeline`. */
export interface PipelineFixture extends z.output<typeof pipelineCase> {
  folder: string;
  items: z.output<typeof items>['items'];
}

/** Its checkpoint, ready to answer. */
export interface OpenPipeline {
  subject: PipelineSubject;
  /** Where the answer to an item differs from what is expected; nowhere when it is right. */
  check(item: PipelineFixture['items'][number]): Promise<string[]>;
  close(): Promise<void>;
}

export async function readPipeline(folder: string): Promise<PipelineFixture> {
  const [found] = manifest.parse(await readJson(folder, 'manifest.json')).cases;
  return { ...found, folder, ...items.parse(await readJson(folder, found.file)) };
}

/** Compiles the checkpoint of a fixture. */
export async function openPipeline(
  { folder, task, mlm_head: mlmHead, ...tolerance }: PipelineFixture,
  open: OpenSession,
): Promise<OpenPipeline> {
  const outDir = await mkdtemp(join(tmpdir(), 'heddle-pipeline-'));
  const head = task === 'fill-mask' ? 'masked-lm' : task === 'feature-extraction' ? 'features' : undefined;
  const { compiled } = await compileModel({ checkpointDir: folder, outDir, head, mlmHead });
  const { labels, problemType, maxTokens, architecture } = compiled;
  const tokenizer = await openTokenizer(join(outDir, 'tokenizer.json'));
  const sessions = new Map<GraphName, Promise<ParitySession>>();
  const sessionOf = (graph: GraphName) => {
    const session = sessions.get(graph) ?? open(join(outDir, GRAPH_FILES[graph]));
    sessions.set(graph, session);
    return session;
  };
  const { model_max_length: modelMaxLength } = z
    .object({ model_max_length: z.int().nullable().default(null) })
    .parse(await readJson(folder, 'tokenizer_config.json'));
  const subject: PipelineSubject = {
    model: { tokenizer, labels, problemType, maxTokens, architecture, pooling: 'mean' },
    modelMaxLength,
    infer: (sequences) =>
      Promise.all(sequences.map(async (sequence) => forward(await sessionOf(sequence.graph), sequence))),
  };
  return {
    subject,
    check: async ({ inputs, params, expect }) =>
      differences(await runPipeline(task, inputs, params, subject), expect, tolerance),
    close: async () => {
      for (const session of sessions.values()) await (await session).close();
      await rm(outDir, { recursive: true });
    },
  };
}

async function readJson(folder: string, name: string): Promise<unknown> {
  return JSON.parse(await readFile(join(folder, name), 'utf8'));
}

async function forward(
  session: ParitySession,
  { encoding, outputs, positions = new Int32Array() }: Sequence,
): Promise<ForwardRow> {
  const answers = await session.run({
    inputIds: encoding.ids,
    attentionMask: new Uint8Array(encoding.length).fill(1),
    typeIds: encoding.typeIds,
    positions: Int32Array.from([...positions].flatMap((position) => [0, position])),
    batch: 1,
    length: encoding.length,
    outputs: [...outputs],
  });
  return Object.fromEntries(
    Object.entries(answers).map(([name, { data, dims, axes }]) => [
      name,
      { data, shape: axes[0] === 'positions' ? dims : dims.slice(1) },
    ]),
  );
}
