import { HeddleError } from '@heddle/contracts';
import { StorageType } from './globals.js';
import { TorchStorage } from './tensor.js';

/** Characters of a storage's key: a number, or an address in old files. */
export const MAX_KEY_CHARS = 64;

/**
 * The persistent id of a storage: `('storage', type, key, location, elements)`, in files before torch 1.6
 * with a sixth member, null or `(key, begin, elements)` of the part that is meant.
 */
export function readStorageId(fileName: string, id: unknown): TorchStorage {
  if (!Array.isArray(id) || id[0] !== 'storage') return refuse(fileName);
  const [, type, key, , elements, view] = id;
  const valid = type instanceof StorageType && isKey(key) && isCount(elements);
  if (!valid) return refuse(fileName);
  if (view === undefined || view === null) return new TorchStorage(key, type.dtype, elements);
  if (!Array.isArray(view) || view.length !== 3) return refuse(fileName);
  const [, begin, length] = view;
  if (!isCount(begin) || !isCount(length) || begin + length > elements) return refuse(fileName);
  return new TorchStorage(key, type.dtype, length, begin, elements);
}

export function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isKey(key: unknown): key is string {
  return typeof key === 'string' && key.length <= MAX_KEY_CHARS;
}

function refuse(fileName: string): never {
  throw new HeddleError('invalid-weights', `${fileName}: the pickle holds a malformed storage`);
}
