import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HeddleError, type VersionManifest } from '@heddle/contracts';
import { createModel, DATA_FILE, type Graph, OPSET } from '@heddle/onnx';
import { type CheckpointFolder, digestFiles, openCheckpointFolder } from './checkpoint-folder.js';
import { type CompilationWishes, prepareCompilation } from './compilation.js';
import { readModeration } from './config/moderation.js';
import { describeModel } from './describe-model.js';
import {
  type Compilation,
  GATHER_FILE,
  GPU_FILE,
  GRAPH_FILES,
  graphNames,
  RANGES_FILE,
  writeGatherGraph,
  writeGpuGraph,
  writeGraph,
  writeRangesGraph,
} from './graph/write-graphs.js';
import { type CompileReport, type Progress, StageClock, weightsReport } from './report.js';
import { resolveTokenizer } from './tokenizer/resolve.js';

/** Changes whenever the compiled form of the same checkpoint does. */
export const COMPILER = 'heddle-deberta/5';

/** What a compilation may leave in its folder. */
const TOKENIZER_FILE = 'tokenizer.json';
const OUTPUTS: readonly string[] = [
  ...Object.values(GRAPH_FILES),
  GPU_FILE,
  RANGES_FILE,
  GATHER_FILE,
  DATA_FILE,
  TOKENIZER_FILE,
];

/** Everything of a version's manifest but the digests of the files that were written. */
export type CompiledModel = Omit<VersionManifest, 'files'>;

export interface CompileWishes extends CompilationWishes {
  /** The file of weights where the folder holds several, such as Microsoft's `pytorch_model.generator.bin`. */
  weights?: string | undefined;
  /**
   * What the version is served in: part of what it is compiled from. `compileModel` itself writes float32 graphs,
   * and for int8 one that shows ranges, which is no part of the version (RANGES_FILE).
   */
  precision?: VersionManifest['precision'] | undefined;
}

export interface CompileOptions extends CompileWishes {
  /** A checkpoint folder in Hugging Face's or Microsoft's layout, with its tokenizer. Only read. */
  checkpointDir: string;
  /** Receives the graphs, their weights and tokenizer.json; must hold none of them yet. */
  outDir: string;
  onProgress?: ((progress: Progress) => void) | undefined;
}

/**
 * Compiles a checkpoint to float32 ONNX graphs over one file of weights: `model.onnx` answers the head,
 * `gather.onnx` does so in the other lowering, `gpu.onnx` in the order that suits a GPU,
 * `attention.onnx` shows the scores of every layer, `causal.onnx` (masked language models) looks to the left only.
 * Throws the model import errors of libs/contracts, and `storage-full` and `already-exists`; after any error nothing
 * of it is left in `outDir`.
 */
export async function compileModel(
  options: CompileOptions,
): Promise<{ compiled: CompiledModel; report: CompileReport }> {
  const { checkpointDir } = options;
  const clock = new StageClock(options.onProgress);
  const folder = await openCheckpointFolder(checkpointDir, options.weights);
  try {
    const checkpoint = clock.watching(folder.checkpoint);
    const compilation = prepareCompilation(folder.config, checkpoint, options, folder.modelMaxLength);
    const tokenizer = await resolveTokenizer(checkpointDir, compilation.config.vocabSize);
    clock.expect(compilation.weights);
    return await write(options, folder, compilation, tokenizer.json, clock);
  } catch (error) {
    throw isDiskFull(error) ? diskFull(error) : error;
  } finally {
    await folder.checkpoint.close();
  }
}

/** What a checkpoint would be compiled from: the same source with the same wishes need not be compiled twice. */
export async function sourceOf(
  checkpointDir: string,
  wishes: CompileWishes = {},
): Promise<VersionManifest['source']> {
  const { names, checkpoint } = await openCheckpointFolder(checkpointDir, wishes.weights);
  await checkpoint.close();
  return digestSource(checkpointDir, names, wishes);
}

async function digestSource(
  checkpointDir: string,
  names: string[],
  { head, mlmHead, labels, lowering, maxTokens, weights, precision = 'fp32', without }: CompileWishes,
): Promise<VersionManifest['source']> {
  const wishes = JSON.stringify({ head, mlmHead, labels, lowering, maxTokens, weights, precision, without });
  return { sha256: await digestFiles(checkpointDir, names, wishes), compiler: COMPILER };
}

async function write(
  options: CompileOptions,
  folder: CheckpointFolder,
  compilation: Compilation,
  tokenizerJson: string,
  clock: StageClock,
): Promise<{ compiled: CompiledModel; report: CompileReport }> {
  const { checkpointDir, outDir, precision = 'fp32' } = options;
  const moderation = moderationOf(folder.config, compilation, options);
  const created = await mkdir(outDir, { recursive: true });
  await refuseExistingOutputs(outDir);
  try {
    // A lowering that was asked for is the only one.
    const withGather = options.lowering === undefined;
    const main = await writeGraphs(outDir, compilation, { withGather, precision }, clock);
    clock.enter('tokenizer');
    await writeFile(join(outDir, TOKENIZER_FILE), tokenizerJson);
    clock.enter('digest');
    const source = await digestSource(checkpointDir, folder.names, options);
    const seconds = clock.stop();
    const { inputs, outputs } = main;
    const onnx = { opset: OPSET, inputs: inputs.map(nameOf), outputs: outputs.map(nameOf) };
    return {
      compiled: { ...describeModel(compilation, folder.vectors), ...moderation, precision, source, onnx },
      report: {
        sources: folder.names,
        mlmHead: compilation.plan.mlm,
        lowering: compilation.lowering,
        vectors: folder.vectors && { steps: folder.vectors.steps, default: folder.vectors.pooling !== null },
        weights: weightsReport(folder.checkpoint, compilation.weights),
        files: await sizesOf(outDir),
        seconds,
      },
    };
  } catch (error) {
    await removeOutputs(outDir, created);
    throw error;
  }
}

/** Labels of classifiers of texts; where they were given others than the configuration's, it does not speak of them. */
function moderationOf(
  config: unknown,
  { plan: { head, labels } }: Compilation,
  { labels: given }: CompileWishes,
): Pick<VersionManifest, 'moderation'> {
  if (head !== 'sequence-classification' || given) return {};
  const moderation = readModeration(config, labels);
  return moderation ? { moderation } : {};
}

/** The main graph, after all of them are on disk. */
async function writeGraphs(
  outDir: string,
  compilation: Compilation,
  { withGather, precision }: { withGather: boolean; precision: VersionManifest['precision'] },
  clock: StageClock,
): Promise<Graph> {
  const model = await createModel(outDir, compilation.plan.head);
  try {
    const graphs: Graph[] = [];
    for (const name of graphNames(compilation)) {
      clock.enter(name);
      graphs.push(await writeGraph(compilation, model, name));
    }
    if (withGather) await writeGatherGraph(compilation, model);
    await writeGpuGraph(compilation, model);
    if (precision === 'int8') await writeRangesGraph(compilation, model);
    return graphs[0]!;
  } finally {
    await model.close();
  }
}

const nameOf = ({ name }: { name: string }): string => name;

async function sizesOf(outDir: string): Promise<Record<string, number>> {
  const names = (await readdir(outDir)).filter((name) => OUTPUTS.includes(name)).sort();
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(outDir, name))).size));
  return Object.fromEntries(names.map((name, index) => [name, sizes[index]!]));
}

async function refuseExistingOutputs(outDir: string): Promise<void> {
  const existing = (await readdir(outDir)).find((name) => OUTPUTS.includes(name));
  if (existing !== undefined) {
    throw new HeddleError('already-exists', `the output folder holds ${existing} already`);
  }
}

/** `created` is the first folder that was made for outDir, undefined when it was there before. */
async function removeOutputs(outDir: string, created: string | undefined): Promise<void> {
  if (created !== undefined) await rm(created, { recursive: true, force: true });
  else for (const name of OUTPUTS) await rm(join(outDir, name), { force: true });
}

function isDiskFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT');
}

function diskFull(cause: unknown): HeddleError {
  return new HeddleError('storage-full', 'the disk is full; nothing of the model was kept', { cause });
}
