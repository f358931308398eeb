import { HeddleError } from '@heddle/contracts';
import { ByteFile } from '../bytes/byte-file.js';
import { MAX_PICKLE_BYTES } from '../pickle/limits.js';
import { unpickle } from '../pickle/unpickle.js';
import { torchRules } from './globals.js';
import { readLegacyFile } from './legacy-file.js';
import { readTorchZip } from './zip-file.js';

/**
 * Data without tensors as torch and pickle store it: dictionaries are maps, lists and tuples arrays. Nested
 * and shared only so far that a plain recursive walk over it is harmless.
 */
export type PlainData =
  | null
  | boolean
  | number
  | bigint
  | string
  | readonly PlainData[]
  | ReadonlyMap<string | number | bigint | boolean, PlainData>;

/**
 * Reads a torch file (any age) or a bare pickle that holds plain data, such as Microsoft's bpe_encoder.bin.
 * Nothing is executed. Throws `unsafe-pickle` for what would run code, `unsupported-weights` when the file
 * holds tensors, `invalid-weights` for what is malformed or beyond a limit.
 */
export async function readTorchObject(path: string): Promise<PlainData> {
  const file = await ByteFile.open(path);
  try {
    const value = await readObject(file);
    if (!isPlain(value)) {
      throw new HeddleError(
        'unsupported-weights',
        `${file.name} holds tensors where plain data are expected`,
      );
    }
    return value;
  } finally {
    await file.close();
  }
}

async function readObject(file: ByteFile): Promise<unknown> {
  if (await startsLikeZip(file)) return (await readTorchZip(file)).value;
  const legacy = await readLegacyFile(file);
  return legacy === undefined ? readBarePickle(file) : legacy.value;
}

async function readBarePickle(file: ByteFile): Promise<unknown> {
  if (file.size > MAX_PICKLE_BYTES)
    file.refuse(`has ${file.size} bytes; at most ${MAX_PICKLE_BYTES} are read`);
  const rules = torchRules(file.name, () => file.refuse('is a bare pickle that refers to storages'));
  const { value, end } = unpickle(await file.bytes(0, file.size), file.name, rules);
  if (end !== file.size) file.refuse(`has ${file.size - end} bytes after the end of the pickle`);
  return value;
}

/** The header of a first entry. A pickle starts otherwise: `P` is an opcode of text lines. */
export async function startsLikeZip(file: ByteFile): Promise<boolean> {
  if (file.size < 4) return false;
  return (await file.bytes(0, 4)).readUInt32LE(0) === 0x04034b50;
}

/** Recursion is safe: the unpickler has bounded nesting and size. */
function isPlain(value: unknown): value is PlainData {
  if (Array.isArray(value)) return value.every(isPlain);
  if (value instanceof Map) return [...value.values()].every(isPlain);
  return value === null || typeof value !== 'object';
}
