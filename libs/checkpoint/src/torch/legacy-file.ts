import type { ByteFile } from '../bytes/byte-file.js';
import { DTYPE_BYTES } from '../dtypes.js';
import type { PickleRules } from '../pickle/machine.js';
import { unpickleAt } from '../pickle/unpickle.js';
import { torchRules } from './globals.js';
import { isCount, readStorageId } from './storage-id.js';
import type { TorchStorage } from './tensor.js';

/** The first pickle of a file written by torch before 1.6. */
const MAGIC_NUMBER = 0x1950a86a20f9469cfc6cn;
const PROTOCOL_VERSION = 1001;
/** Before the elements of a storage comes their number, a signed 64-bit little-endian integer. */
const COUNT_BYTES = 8;

/**
 * What torch < 1.6 writes: pickles of a magic number, a protocol version, facts about the machine, the
 * object, and the keys of its storages; then every storage. The elements are little-endian whatever the
 * machine was (torch/csrc/serialization.cpp converts them).
 */
export interface LegacyFile {
  /** The pickled object; tensors in it are `TorchTensor`. */
  value: unknown;
  /** Position of a storage's first element, by key. */
  storages: ReadonlyMap<string, number>;
}

/** Undefined when the first pickle is not the magic number, so the file is a plain pickle if anything. */
export async function readLegacyFile(file: ByteFile): Promise<LegacyFile | undefined> {
  const known = new Map<string, TorchStorage>();
  const rules = torchRules(file.name, (id) => register(file, known, readStorageId(file.name, id)));
  const pickles = new PickleSequence(file, rules);
  if ((await pickles.next()) !== MAGIC_NUMBER) return undefined;
  if ((await pickles.next()) !== PROTOCOL_VERSION) file.refuse('has a protocol version that is not known');
  await pickles.next();
  const value = await pickles.next();
  const keys = await pickles.next();
  return { value, storages: await locateStorages(file, pickles.at, keys, known) };
}

class PickleSequence {
  at = 0;

  constructor(
    private readonly file: ByteFile,
    private readonly rules: PickleRules,
  ) {}

  async next(): Promise<unknown> {
    const { value, end } = await unpickleAt(this.file, this.at, this.file.size, this.rules);
    this.at = end;
    return value;
  }
}

function register(file: ByteFile, known: Map<string, TorchStorage>, storage: TorchStorage): TorchStorage {
  const first = known.get(storage.key) ?? storage;
  if (first.dtype !== storage.dtype || first.rootElements !== storage.rootElements) {
    file.refuse(`declares storage ${storage.key} twice in different ways`);
  }
  known.set(storage.key, first);
  return storage;
}

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
    if (storage === undefined || positions.has(key))
      file.refuse('lists a storage twice, or one that no tensor uses');
    if (at > file.size - COUNT_BYTES) file.refuse('is cut off: storages are missing');
    const stored = Number((await file.bytes(at, COUNT_BYTES)).readBigInt64LE(0));
    if (!isCount(stored) || stored !== storage.rootElements) {
      file.refuse(`holds ${stored} elements in storage ${key}; the pickle declares ${storage.rootElements}`);
    }
    positions.set(key, at + COUNT_BYTES);
    at += COUNT_BYTES + stored * DTYPE_BYTES[storage.dtype];
    if (at > file.size) file.refuse(`is cut off inside storage ${key}`);
  }
  if (at !== file.size) file.refuse(`has ${file.size - at} bytes after the last storage`);
  const missing = [...known.keys()].find((key) => !positions.has(key));
  if (missing !== undefined) file.refuse(`does not hold storage ${missing}`);
  return positions;
}
