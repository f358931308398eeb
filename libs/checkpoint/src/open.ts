import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { HeddleError } from '@heddle/contracts';
import type { Checkpoint } from './checkpoint.js';
import { openSafetensors } from './safetensors/file.js';

const SUPPORTED = 'model.safetensors';
/** Weight files people publish that are not read: naming them beats "not a checkpoint". */
const OTHER_WEIGHTS = [
  /\.safetensors\.index\.json$/,
  /\.safetensors$/,
  /\.bin$/,
  /\.bin\.index\.json$/,
  /\.pth?$/,
];
const OTHER_FRAMEWORKS = [
  /^tf_model\.h5$/,
  /^flax_model\.msgpack$/,
  /\.ckpt(\.index)?$/,
  /\.gguf$/,
  /\.onnx$/,
];
/** Tokenizer tables that end in .bin. */
const NOT_WEIGHTS = new Set(['bpe_encoder.bin', 'training_args.bin', 'optimizer.bin', 'scheduler.bin']);

/**
 * Opens the weights of a checkpoint folder. Throws `not-a-checkpoint` when the folder holds none,
 * `unsupported-weights` for a container that is not read, `invalid-weights` for a malformed one.
 */
export async function openCheckpoint(dir: string): Promise<Checkpoint> {
  const files = await listFolder(dir);
  if (files.includes(SUPPORTED)) return openSafetensors(join(dir, SUPPORTED));
  const other = files.find(
    (file) => !NOT_WEIGHTS.has(file) && [...OTHER_WEIGHTS, ...OTHER_FRAMEWORKS].some((p) => p.test(file)),
  );
  if (other !== undefined) {
    throw new HeddleError('unsupported-weights', `${other} cannot be read; supported: ${SUPPORTED}`);
  }
  throw new HeddleError('not-a-checkpoint', `the folder holds no weights; expected ${SUPPORTED}`);
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
