import { shown } from '../archive/entry-name.js';
import type { ByteFile } from '../bytes/byte-file.js';
import { DTYPE_BYTES } from '../dtypes.js';
import { PickleSequence } from '../pickle/sequence.js';
import { torchRules } from './globals.js';
import { readStorageId } from './storage-id.js';
import { plainSource, StorageRegistry } from './storages.js';
import type { TorchFile, TorchStorage } from './tensor.js';

/** The first pickle of a file written by torch before 1.6. */
const MAGIC_NUMBER = 0x1950a86a20f9469cfc6cn;
const PROTOCOL_VERSION = 1001;

/**
 * What torch < 1.6 writes: pickles of a magic number, a protocol version, facts about the machine, the
 * object, and the keys of its storages; then every storage. Undefined when the first pickle is not the magic
 * number, so the file is a bare pickle if anything.
 */
export async function readLegacyFile(file: ByteFile): Promise<TorchFile | undefined> {
  const storages = new StorageRegistry(file);
  const rules = torchRules(file.name, (id) => storages.add(readStorageId(file.name, id)));
  const pickles = new PickleSequence(file, 0, file.size, rules);
  if ((await pickles.next()) !== MAGIC_NUMBER) return undefined;
  if ((await pickles.next()) !== PROTOCOL_VERSION) file.refuse('has a protocol version that is not known');
  await pickles.next();
  const value = await pickles.next();
  const keys = await pickles.next();
  const positions = await locateStorages(file, pickles.at, keys, storages.known);
  return { value, source: (storage) => plainSource(file, storage, positions.get(storage.key)!) };
}

/** Position of the first element of every storage, by key: they must fill the rest of the file. */
async function locateStorages(
  file: ByteFile,
  begin: number,
  keys: unknown,
  known: ReadonlyMap<string, TorchStorage>,
): Promise<Map<string, number>> {
  if (!Array.isArray(keys)) file.refuse('has no list of storages');
  const positions = new Map<string, number>();
  let at = begin;
  for (const key of keys) {
    const storage = known.get(key);
    if (storage === undefined || positions.has(key)) {
      file.refuse(`lists storage ${shown(String(key))}, which no tensor uses or which was listed before`);
    }
    const position = await checkCount(file, at, file.size, storage);
    positions.set(key, position);
    at = position + storage.rootElements * DTYPE_BYTES[storage.dtype];
  }
  if (at !== file.size) file.refuse(`has ${file.size - at} bytes after the last storage`);
  const missing = [...known.keys()].find((key) => !positions.has(key));
  if (missing !== undefined) file.refuse(`does not hold storage ${shown(missing)}`);
  return positions;
}

/** Before the elements of a storage comes their number, a signed 64-bit little-endian integer. */
const COUNT_BYTES = 8;

/**
 * Position of the elements of a storage whose count is at `at`. They are little-endian whatever the writer's
 * machine was: torch/csrc/serialization.cpp converts them.
 */
export async function checkCount(
  file: ByteFile,
  at: number,
  end: number,
  { key, dtype, rootElements }: TorchStorage,
): Promise<number> {
  if (at + COUNT_BYTES > end) file.refuse(`is cut off before storage ${shown(key)}`);
  const count = (await file.bytes(at, COUNT_BYTES)).readBigInt64LE(0);
  if (count !== BigInt(rootElements)) {
    file.refuse(`holds ${count} elements of storage ${shown(key)}; the pickle declares ${rootElements}`);
  }
  const position = at + COUNT_BYTES;
  if (position + rootElements * DTYPE_BYTES[dtype] > end)
    file.refuse(`is cut off inside storage ${shown(key)}`);
  return position;
}
