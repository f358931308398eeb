import type { ByteFile } from '../bytes/byte-file.js';
import { DTYPE_BYTES } from '../dtypes.js';
import type { ElementSource } from '../tensors/assemble.js';
import type { TorchStorage } from './tensor.js';

/** The storages a pickle names. One key must mean the same each time, or its meaning would be a matter of order. */
export class StorageRegistry {
  readonly known = new Map<string, TorchStorage>();

  constructor(private readonly file: ByteFile) {}

  add(storage: TorchStorage): TorchStorage {
    const first = this.known.get(storage.key) ?? storage;
    if (first.dtype !== storage.dtype || first.rootElements !== storage.rootElements) {
      this.file.refuse(`declares storage ${storage.key} twice in different ways`);
    }
    this.known.set(storage.key, first);
    return storage;
  }
}

/** A storage whose elements lie in the file as they are, from `position` on. */
export function plainSource(file: ByteFile, storage: TorchStorage, position: number): ElementSource {
  const first = position + storage.begin * DTYPE_BYTES[storage.dtype];
  return {
    fileName: file.name,
    dtype: storage.dtype,
    littleEndian: true,
    chunks: (begin, end) => file.chunks(first + begin, first + end),
  };
}
