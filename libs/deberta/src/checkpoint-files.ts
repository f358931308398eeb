import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { HeddleError } from '@heddle/contracts';

/** transformers' and Microsoft's name of the configuration; the first that is there counts. */
const CONFIG_FILES = ['config.json', 'model_config.json'];
const WEIGHTS_FILE = 'model.safetensors';
const TOKENIZER_FILE = 'tokenizer.json';
const TOKENIZER_CONFIG_FILE = 'tokenizer_config.json';
/** What the tokenizer is made of; all but the first may be absent. */
export const TOKENIZER_FILES = [TOKENIZER_FILE, TOKENIZER_CONFIG_FILE, 'special_tokens_map.json'];

/** A configuration is a few kB; with 100,000 labels it stays below 8 MiB. */
const MAX_CONFIG_BYTES = 8 * 1024 * 1024;
/** Below this the tokenizer's limit leaves no room for text (libs/contracts, versionManifest.maxTokens). */
const MIN_MODEL_MAX_LENGTH = 8;

export interface CheckpointFiles {
  /** The parsed configuration. */
  config: unknown;
  tokenizerFiles: string[];
  /** All files that decide what is compiled, in a fixed order. */
  names: string[];
  /** The tokenizer's own limit in tokens; null when it names none (transformers writes 1e30 for that). */
  modelMaxLength: number | null;
}

/** Throws `not-a-checkpoint`, `unsupported-tokenizer` or `invalid-config` when a file is absent or not JSON. */
export async function readCheckpointFiles(dir: string): Promise<CheckpointFiles> {
  const present = await readdir(dir).catch((cause: unknown) => {
    throw new HeddleError('not-a-checkpoint', 'the checkpoint folder cannot be opened', { cause });
  });
  const configFile = CONFIG_FILES.find((name) => present.includes(name));
  if (configFile === undefined) {
    throw new HeddleError('not-a-checkpoint', `the folder holds no ${CONFIG_FILES.join(' and no ')}`);
  }
  const config = await readJson(dir, configFile);
  if (!present.includes(TOKENIZER_FILE)) {
    throw new HeddleError('unsupported-tokenizer', `the folder holds no ${TOKENIZER_FILE}`);
  }
  const tokenizerFiles = TOKENIZER_FILES.filter((name) => present.includes(name));
  return {
    config,
    tokenizerFiles,
    names: [configFile, WEIGHTS_FILE, ...tokenizerFiles],
    modelMaxLength: tokenizerFiles.includes(TOKENIZER_CONFIG_FILE)
      ? readMaxLength(await readJson(dir, TOKENIZER_CONFIG_FILE))
      : null,
  };
}

/** SHA-256 over the names, sizes and bytes of the files, and over `more`, in hexadecimal. */
export async function digestFiles(dir: string, names: string[], more: string): Promise<string> {
  const hash = createHash('sha256').update(`${more}\n`);
  for (const name of names) {
    const path = join(dir, name);
    hash.update(`${name} ${(await stat(path)).size}\n`);
    for await (const chunk of createReadStream(path)) hash.update(chunk);
  }
  return hash.digest('hex');
}

async function readJson(dir: string, name: string): Promise<unknown> {
  const path = join(dir, name);
  const found = await stat(path);
  if (!found.isFile() || found.size > MAX_CONFIG_BYTES) {
    throw new HeddleError('invalid-config', `${name} is not a file of at most ${MAX_CONFIG_BYTES} bytes`);
  }
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch (cause) {
    throw new HeddleError('invalid-config', `${name} is not JSON`, { cause });
  }
}

function readMaxLength(tokenizerConfig: unknown): number | null {
  if (typeof tokenizerConfig !== 'object' || tokenizerConfig === null) return null;
  const length = 'model_max_length' in tokenizerConfig ? tokenizerConfig.model_max_length : null;
  const usable = Number.isSafeInteger(length) && Number(length) >= MIN_MODEL_MAX_LENGTH;
  return usable ? Number(length) : null;
}
