import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type ImportVersionBody,
  isImporting,
  type Model,
  type StoredFile,
  type Version,
} from '@heddle/contracts';
import type { TestClient } from '@heddle/testing';
import { readTensors, rows, type Tensors, writeTensors } from './tensors.js';

const MODELS = fileURLToPath(new URL('../../../../models', import.meta.url));
/** Files that a checkpoint consists of. */
const OF_CHECKPOINTS = /\.(json|safetensors)$/;
/** Enough for numbers that depend on the text, and soon compiled. */
const LAYERS = 1;
const LATER_LAYERS = /encoder\.layer\.(?!0\.)/;

interface Recipe {
  /** The shipped model that it is made from. */
  of: 'sentiment' | 'topic' | 'ner';
  config?: Record<string, unknown>;
  tensors?: (tensors: Tensors) => void;
  /** Asked for with the import. */
  head?: 'features';
}

/** A model of each head and kind of answer that no shipped model has. Their heads are real, not trained for what they do. */
const RECIPES: Record<string, Recipe> = {
  embedder: { of: 'ner', head: 'features' },
  reranker: { of: 'sentiment', config: oneLabel('relevant'), tensors: keepLastRow },
  stsb: {
    of: 'sentiment',
    config: { ...oneLabel('similarity'), problem_type: 'regression' },
    tensors: keepLastRow,
  },
  toxicity: { of: 'topic', config: { problem_type: 'multi_label_classification' } },
  swag: {
    of: 'sentiment',
    config: { architectures: ['DebertaV2ForMultipleChoice'] },
    tensors: keepLastRow,
  },
  qa: {
    of: 'ner',
    config: { architectures: ['DebertaV2ForQuestionAnswering'] },
    tensors: (tensors) => {
      for (const part of ['weight', 'bias'])
        move(tensors, `classifier.${part}`, `qa_outputs.${part}`, (tensor) => rows(tensor, 0, 2));
    },
  },
  mlm: {
    of: 'sentiment',
    config: { architectures: ['DebertaV2ForMaskedLM'] },
    tensors: (tensors) => {
      const [vocabulary] = tensors.get('deberta.embeddings.word_embeddings.weight')!.shape;
      const head = 'cls.predictions';
      for (const part of ['weight', 'bias']) {
        move(tensors, `pooler.dense.${part}`, `${head}.transform.dense.${part}`);
        tensors.set(
          `${head}.transform.LayerNorm.${part}`,
          tensors.get(`deberta.embeddings.LayerNorm.${part}`)!,
        );
        tensors.delete(`classifier.${part}`);
      }
      const bytes = Buffer.alloc(2 * vocabulary!);
      tensors.set(`${head}.bias`, { dtype: 'F16', shape: [vocabulary!], bytes });
    },
  },
};

function oneLabel(label: string): Record<string, unknown> {
  return { id2label: { 0: label }, label2id: { [label]: 0 }, problem_type: undefined };
}

/** Leaves a classifier with the last of its labels. */
function keepLastRow(tensors: Tensors): void {
  for (const name of ['classifier.weight', 'classifier.bias']) {
    const tensor = tensors.get(name)!;
    tensors.set(name, rows(tensor, tensor.shape[0]! - 1, tensor.shape[0]!));
  }
}

type Change = (tensor: ReturnType<typeof rows>) => ReturnType<typeof rows>;

function move(tensors: Tensors, from: string, to: string, change: Change = (tensor) => tensor): void {
  tensors.set(to, change(tensors.get(from)!));
  tensors.delete(from);
}

/** Imports them for the tenant of the client, with the alias `production`. */
export async function importModels(client: TestClient): Promise<void> {
  const names = Object.keys(RECIPES);
  for (const name of names) await startImport(client, name, RECIPES[name]!);
  for (const name of names) {
    const version = await imported(client, name);
    if (version.status !== 'ready')
      throw new Error(`${name} is ${version.status}: ${JSON.stringify(version.error)}`);
    await client.request('PUT', `/v1/models/${name}/aliases/production`, { version: 1 });
  }
}

/** Its first version, once its import has ended. */
async function imported(client: TestClient, name: string): Promise<Version> {
  const path = `/v1/models/${name}/versions/1`;
  const version = await client.request<Version>('GET', path, undefined, { prefer: 'wait=60' });
  return isImporting(version.status) ? imported(client, name) : version;
}

async function startImport(client: TestClient, name: string, recipe: Recipe): Promise<void> {
  const folder = join(MODELS, recipe.of);
  const files: string[] = [];
  for (const file of (await readdir(folder)).filter((one) => OF_CHECKPOINTS.test(one))) {
    const bytes = changed(file, await readFile(join(folder, file)), recipe);
    const form = new FormData();
    form.set('purpose', 'model');
    form.set('file', new Blob([new Uint8Array(bytes)]), file);
    files.push((await client.upload<StoredFile>('/v1/files', form)).id);
  }
  await client.request<Model>('POST', '/v1/models', { name });
  await client.request<Version>('POST', `/v1/models/${name}/versions`, {
    source: { type: 'files', files },
    precision: 'fp32',
    ...(recipe.head ? { head: recipe.head } : {}),
  });
}

function changed(file: string, bytes: Buffer, { config, tensors: change }: Recipe): Buffer {
  if (file === 'config.json') {
    const own = JSON.parse(bytes.toString()) as Record<string, unknown>;
    return Buffer.from(JSON.stringify({ ...own, num_hidden_layers: LAYERS, ...config }));
  }
  if (!file.endsWith('.safetensors')) return bytes;
  const tensors = readTensors(bytes);
  for (const name of tensors.keys()) if (LATER_LAYERS.test(name)) tensors.delete(name);
  change?.(tensors);
  return writeTensors(tensors);
}

/** What an import wants; its files are those of a shipped model. */
export interface TestImport extends Partial<ImportVersionBody> {
  name: string;
  /** The shipped model. */
  folder: string;
  /** Keys of the configuration beside its own. */
  config?: Record<string, unknown>;
}

/** A version of a new model of the tenant. */
export async function importModel(
  client: TestClient,
  { name, folder, config = {}, ...wishes }: TestImport,
): Promise<Version> {
  const from = join(MODELS, folder);
  const names = (await readdir(from)).filter((file) => OF_CHECKPOINTS.test(file));
  const files: string[] = [];
  for (const file of names) {
    const bytes = await readFile(join(from, file));
    const isConfig = file === 'config.json';
    const form = new FormData();
    form.set('purpose', 'model');
    const content = isConfig ? JSON.stringify({ ...JSON.parse(bytes.toString()), ...config }) : bytes;
    form.set('file', new Blob([content]), file);
    files.push((await client.upload<StoredFile>('/v1/files', form)).id);
  }
  await client.request<Model>('POST', '/v1/models', { name });
  await client.request<Version>('POST', `/v1/models/${name}/versions`, {
    source: { type: 'files', files },
    precision: 'fp32',
    ...wishes,
  });
  return imported(client, name);
}
