import { HeddleError } from '@heddle/contracts';
import { ByteFile } from '../bytes/byte-file.js';
import { MAX_PICKLE_BYTES } from '../pickle/limits.js';
import { unpickle } from '../pickle/unpickle.js';
import { torchRules } from './globals.js';
import { isPlainData, type PlainData } from './plain-data.js';
import { readTorchFile } from './torch-file.js';

/**
 * Reads a torch file (any age) or a bare pickle that holds plain data, such as Microsoft's bpe_encoder.bin.
 * Nothing is executed. Throws `unsafe-pickle` for what would run code, `unsupported-weights` when the file
 * holds tensors, `invalid-weights` for what is malformed or beyond a limit.
 */
export async function readTorchObject(path: string): Promise<PlainData> {
  const file = await ByteFile.open(path);
  try {
    const torchFile = await readTorchFile(file);
    const value = torchFile === undefined ? await readBarePickle(file) : torchFile.value;
    if (!isPlainData(value)) {
      throw new HeddleError('unsupported-weights', `${file.name} holds tensors where data are expected`);
    }
    return value;
  } finally {
    await file.close();
  }
}

async function readBarePickle(file: ByteFile): Promise<PlainData> {
  if (file.size > MAX_PICKLE_BYTES)
    file.refuse(`has ${file.size} bytes; at most ${MAX_PICKLE_BYTES} are read`);
  const rules = torchRules(file.name, () => file.refuse('is a bare pickle that refers to storages'));
  const { value, end } = unpickle(await file.bytes(0, file.size), file.name, rules);
  if (end !== file.size) file.refuse(`has ${file.size - end} bytes after the end of the pickle`);
  return isPlainData(value) ? value : file.refuse('is a bare pickle of something else than data');
}
