import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Checkpoint, openCheckpoint, type PlainData } from '@heddle/checkpoint';
import { HeddleError } from '@heddle/contracts';
import { readSentenceVectors, type SentenceVectors } from './config/sentence-vectors.js';
import { readJson, whyUnreadable } from './read-json.js';
import { tokenizerFiles } from './tokenizer/resolve.js';

/** transformers' and Microsoft's name of the configuration; the first that is there counts. */
const CONFIG_FILES = ['config.json', 'model_config.json'];
const TOKENIZER_CONFIG_FILE = 'tokenizer_config.json';

/** Below this the tokenizer's limit leaves no room for text (libs/contracts, versionManifest.maxTokens). */
const MIN_MODEL_MAX_LENGTH = 8;

export interface CheckpointFolder {
  /** The parsed configuration. */
  config: unknown;
  checkpoint: Checkpoint;
  /** All files that decide what is compiled, in a fixed order. */
  names: string[];
  /** The tokenizer's own limit in tokens; null when it names none (transformers writes 1e30 for that). */
  modelMaxLength: number | null;
  /** How a text's vector is made of its tokens'; null when the folder does not say. */
  vectors: SentenceVectors | null;
}

/**
 * Opens a checkpoint folder; closing its checkpoint is up to the caller. `weights` names the file of weights where
 * several are there; such a file's own configuration, if it holds one, comes before that of the folder.
 * Throws `not-a-checkpoint`, `unsupported-tokenizer` or `invalid-config` when a file is absent or not JSON, and what
 * `openCheckpoint` throws.
 */
export async function openCheckpointFolder(dir: string, weights?: string): Promise<CheckpointFolder> {
  const present = await readdir(dir).catch((cause: unknown) => {
    throw new HeddleError('not-a-checkpoint', 'the checkpoint folder cannot be opened', { cause });
  });
  const configFile = CONFIG_FILES.find((name) => present.includes(name));
  const stored = configFile && (await readJson(dir, configFile));
  const tokenizer = tokenizerFiles(present);
  const modelMaxLength = tokenizer.includes(TOKENIZER_CONFIG_FILE)
    ? readMaxLength(await readJson(dir, TOKENIZER_CONFIG_FILE))
    : null;
  const vectors = await readSentenceVectors(dir, present);
  const checkpoint = await openCheckpoint(dir, weights === undefined ? {} : { prefer: weights });
  const embedded = toJson(checkpoint.config);
  const config = weights === undefined ? (stored ?? embedded) : (embedded ?? stored);
  if (config === undefined || config === null) {
    await checkpoint.close();
    throw new HeddleError('not-a-checkpoint', `the folder holds no ${CONFIG_FILES.join(' and no ')}`);
  }
  return {
    config,
    checkpoint,
    names: [
      ...(configFile === undefined ? [] : [configFile]),
      ...checkpoint.files,
      ...tokenizer,
      ...(vectors?.files ?? []),
    ],
    modelMaxLength,
    vectors,
  };
}

/**
 * SHA-256 over the names, sizes and bytes of the files, and over `more`, in hexadecimal. Throws `not-a-checkpoint` when
 * a file cannot be read.
 */
export async function digestFiles(dir: string, names: string[], more: string): Promise<string> {
  const hash = createHash('sha256').update(`${more}\n`);
  for (const name of names) {
    const path = join(dir, name);
    try {
      // A file of a folder below is the same as the one that was uploaded under both names.
      hash.update(`${name.replace('/', '.')} ${(await stat(path)).size}\n`);
      for await (const chunk of createReadStream(path, { highWaterMark: READ_BYTES })) hash.update(chunk);
    } catch (cause) {
      throw new HeddleError('not-a-checkpoint', `${name} ${whyUnreadable(cause)}`, { cause });
    }
  }
  return hash.digest('hex');
}

/** Read at once for a digest: large enough for the disk to be the limit, small beside a tensor. */
const READ_BYTES = 4 * 1024 * 1024;

function readMaxLength(tokenizerConfig: unknown): number | null {
  if (typeof tokenizerConfig !== 'object' || tokenizerConfig === null) return null;
  const length = 'model_max_length' in tokenizerConfig ? tokenizerConfig.model_max_length : null;
  const usable = Number.isSafeInteger(length) && Number(length) >= MIN_MODEL_MAX_LENGTH;
  return usable ? Number(length) : null;
}

/** What a .bin file says of its model, as JSON would say it. */
function toJson(data: PlainData): unknown {
  if (data instanceof Map) {
    return Object.fromEntries([...data].map(([key, value]) => [String(key), toJson(value)]));
  }
  if (Array.isArray(data)) return data.map(toJson);
  return typeof data === 'bigint' ? Number(data) : data;
}
