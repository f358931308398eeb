import type { Dtype } from '../dtypes.js';
import type { ElementSource } from '../tensors/assemble.js';

/** A run of elements in the file, which any number of tensors may share. `key` is its name in the file. */
export class TorchStorage {
  constructor(
    readonly key: string,
    readonly dtype: Dtype,
    /** Elements the pickle declares. */
    readonly elements: number,
    /** First element of the storage when it is a part of the one in the file. */
    readonly begin = 0,
    /** Elements of the storage in the file, of which this one may be a part. */
    readonly rootElements = elements,
  ) {}
}

/** A view of a storage. All numbers are whole and not negative, and not yet checked against the storage. */
export class TorchTensor {
  constructor(
    readonly storage: TorchStorage,
    /** In elements, from the begin of the storage. */
    readonly offset: number,
    readonly shape: readonly number[],
    /** In elements. */
    readonly strides: readonly number[],
  ) {}
}

/** A file of torch.save, whatever its age. */
export interface TorchFile {
  /** The pickled object; tensors in it are `TorchTensor`. */
  value: unknown;
  /** The elements of a storage that `value` refers to. Throws when the file does not hold all of them. */
  source(storage: TorchStorage): ElementSource;
}
