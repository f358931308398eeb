import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { HeddleError } from '@heddle/contracts';
import type { Checkpoint } from './checkpoint.js';
import { openSafetensors } from './safetensors/file.js';
import { openSharded } from './sharded/sharded.js';
import { openTorch } from './torch/state-dict.js';

/** Files a checkpoint is known by, the first present one counts: safetensors need no unpickling. */
const WELL_KNOWN = [
  'model.safetensors',
  'model.safetensors.index.json',
  'pytorch_model.bin',
  'pytorch_model.bin.index.json',
  'pytorch_model.generator.bin',
];
const INDEX = '.index.json';
/** Files that end in .bin and hold no model: tokenizer tables, the state of a training run, adapters. */
const NOT_WEIGHTS =
  /^(bpe_encoder|training_args|optimizer|scheduler|scaler|random_states.*|rng_state.*|adapter_model)\.bin$/;
/** Weight files people publish that are not read: naming them beats "not a checkpoint". */
const UNSUPPORTED = [
  /\.safetensors$/,
  /\.index\.json$/,
  /^adapter_model\.bin$/,
  /\.pth?$/,
  /^tf_model\.h5$/,
  /^flax_model\.msgpack$/,
  /\.ckpt(\.index)?$/,
  /\.gguf$/,
  /\.onnx$/,
  /\.ot$/,
];

export interface OpenCheckpointOptions {
  /** Name of the weight file or index to open where the folder holds several, e.g. Microsoft's generator. */
  prefer?: string;
}

/**
 * Opens the weights of a checkpoint folder: safetensors or torch files of any age, whole or in shards, or a
 * single .bin file of another name. Throws `not-a-checkpoint` when the folder holds none or leaves it open
 * which is meant, `unsupported-weights` for a container that is not read; `invalid-weights`, `unsafe-pickle`,
 * `unsafe-path` and `missing-tensors` (a shard or a tensor in it) for hostile or broken files.
 */
export async function openCheckpoint(dir: string, options: OpenCheckpointOptions = {}): Promise<Checkpoint> {
  const present = await listFolder(dir);
  const name = options.prefer === undefined ? choose(present) : requirePreferred(present, options.prefer);
  const path = join(dir, name);
  const openOne = name.includes('.safetensors') ? openSafetensors : openTorch;
  return name.endsWith(INDEX) ? openSharded(path, present, openOne) : openOne(path);
}

function choose(present: readonly string[]): string {
  const known = WELL_KNOWN.find((name) => present.includes(name));
  if (known !== undefined) return known;
  const [single, ...others] = present.filter((name) => name.endsWith('.bin') && !NOT_WEIGHTS.test(name));
  if (others.length > 0) {
    throw new HeddleError(
      'not-a-checkpoint',
      `the folder holds ${single} and ${others.join(', ')}: which is meant?`,
    );
  }
  if (single !== undefined) return single;
  const other = present.find((name) => UNSUPPORTED.some((pattern) => pattern.test(name)));
  if (other !== undefined) {
    throw new HeddleError(
      'unsupported-weights',
      `${other} cannot be read; supported: safetensors and torch files, whole or in shards`,
    );
  }
  throw new HeddleError('not-a-checkpoint', `the folder holds no weights; expected ${WELL_KNOWN.join(', ')}`);
}

function requirePreferred(present: readonly string[], name: string): string {
  if (!present.includes(name)) throw new HeddleError('not-a-checkpoint', `the folder does not hold ${name}`);
  if (!/\.(safetensors|bin)(\.index\.json)?$/.test(name)) {
    throw new HeddleError(
      'unsupported-weights',
      `${name} cannot be read; supported: .safetensors, .bin, their indexes`,
    );
  }
  return name;
}

async function listFolder(dir: string): Promise<string[]> {
  const found = await stat(dir).catch((cause: unknown) => {
    throw new HeddleError('not-a-checkpoint', 'the checkpoint folder cannot be opened', { cause });
  });
  if (!found.isDirectory()) {
    throw new HeddleError('not-a-checkpoint', 'a checkpoint is a folder, this is a file');
  }
  return (await readdir(dir)).sort();
}
