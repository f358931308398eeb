import { copyFile, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { openCheckpoint } from '@heddle/checkpoint';
import { HeddleError, type Task, type VersionManifest } from '@heddle/contracts';
import { createModel, DATA_FILE, MODEL_FILE, OPSET } from '@heddle/onnx';
import {
  type CheckpointFiles,
  digestFiles,
  readCheckpointFiles,
  TOKENIZER_FILES,
} from './checkpoint-files.js';
import type { ModelConfig } from './config/model-config.js';
import { readModelConfig } from './config/read-config.js';
import { emitModel } from './graph/heads.js';
import { tensorShapes } from './graph/tensor-shapes.js';
import { resolveWeights } from './graph/weights.js';

/** Changes whenever the compiled form of the same checkpoint does. */
const COMPILER = 'heddle-deberta/1';

/** What a compilation may leave in its folder. */
const OUTPUTS = [MODEL_FILE, DATA_FILE, ...TOKENIZER_FILES];

/** Everything of a version's manifest but the digests of the files that were written. */
export type CompiledModel = Omit<VersionManifest, 'files'>;

export interface CompileOptions {
  /** A checkpoint folder in Hugging Face's layout, with tokenizer.json. Only read. */
  checkpointDir: string;
  /** Receives `model.onnx`, `model.onnx.data` and the tokenizer's files; must hold none of them yet. */
  outDir: string;
}

/**
 * Compiles a checkpoint to a float32 ONNX graph. Throws the model import errors of libs/contracts, and
 * `storage-full` and `already-exists`; after any error nothing of it is left in `outDir`.
 */
export async function compileModel({ checkpointDir, outDir }: CompileOptions): Promise<CompiledModel> {
  const files = await readCheckpointFiles(checkpointDir);
  const config = readModelConfig(files.config);
  const maxTokens = longestInput(config, files);
  const created = await mkdir(outDir, { recursive: true });
  await refuseExistingOutputs(outDir);
  try {
    const parametersCount = await writeModel(checkpointDir, outDir, config, maxTokens);
    for (const name of files.tokenizerFiles) await copyFile(join(checkpointDir, name), join(outDir, name));
    return {
      format: 'heddle-version/1',
      family: 'deberta-v3',
      head: config.head,
      tasks: tasksOf(config),
      labels: config.labels,
      problemType: config.problemType,
      maxTokens,
      parametersCount,
      architecture: architectureOf(config),
      source: await sourceOf(checkpointDir),
      precision: 'fp32',
      onnx: { opset: OPSET, inputs: ['input_ids', 'attention_mask'], outputs: ['logits'] },
    };
  } catch (error) {
    await removeOutputs(outDir, created);
    throw isDiskFull(error) ? diskFull(error) : error;
  }
}

/** What a checkpoint would be compiled from: the same source need not be compiled twice. */
export async function sourceOf(checkpointDir: string): Promise<VersionManifest['source']> {
  const { names } = await readCheckpointFiles(checkpointDir);
  return { sha256: await digestFiles(checkpointDir, names), compiler: COMPILER };
}

/** Number of parameters of the model that was written. */
async function writeModel(
  checkpointDir: string,
  outDir: string,
  config: ModelConfig,
  maxTokens: number,
): Promise<number> {
  const checkpoint = await openCheckpoint(checkpointDir);
  try {
    const weights = resolveWeights(checkpoint, tensorShapes(config));
    const model = await createModel(outDir, config.head);
    try {
      await emitModel({ config, maxTokens, weights, graph: model.graph, store: model.weight });
      await model.save();
    } finally {
      await model.close();
    }
    return weights.parametersCount;
  } finally {
    await checkpoint.close();
  }
}

/** max_position_embeddings, or the tokenizer's limit where that is shorter and long enough to be meant. */
function longestInput({ maxPositions }: ModelConfig, { modelMaxLength }: CheckpointFiles): number {
  return modelMaxLength === null ? maxPositions : Math.min(maxPositions, modelMaxLength);
}

function architectureOf({ layers, attentionHeads, hiddenSize, vocabSize, attention }: ModelConfig) {
  const { contentToPosition = false, positionToContent = false } = attention.relative ?? {};
  return {
    layers,
    heads: attentionHeads,
    hiddenSize,
    vocabSize,
    attentionTerms: [
      'c2c' as const,
      ...(contentToPosition ? ['c2p' as const] : []),
      ...(positionToContent ? ['p2c' as const] : []),
    ],
  };
}

/** A classifier of pairs with an entailment label answers zero-shot questions too. */
function tasksOf({ head, labels }: ModelConfig): Task[] {
  if (head === 'token-classification') return ['token-classification'];
  const entails = labels.some((label) => label.toLowerCase().startsWith('entail'));
  return entails ? ['text-classification', 'zero-shot-classification'] : ['text-classification'];
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
