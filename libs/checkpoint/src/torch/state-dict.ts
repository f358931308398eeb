import { HeddleError } from '@heddle/contracts';
import { shown } from '../archive/entry-name.js';
import { ByteFile } from '../bytes/byte-file.js';
import type { Checkpoint } from '../checkpoint.js';
import { MAX_NAME_CHARS, MAX_TENSORS } from '../limits.js';
import { assemble, type ElementSource } from '../tensors/assemble.js';
import { faultOfLayout } from '../tensors/layout.js';
import { isPlainData, type PlainData } from './plain-data.js';
import { type TorchFile, TorchTensor } from './tensor.js';
import { readTorchFile } from './torch-file.js';

/** Where Microsoft's files keep the model's configuration among the tensors. */
const CONFIG_KEY = 'config';

/**
 * Opens a file of torch.save that holds a state dict: names with tensors. Other entries are ignored. Throws
 * `unsafe-pickle` for what would run code, `unsupported-weights` or `invalid-weights`; the file is closed
 * again when it does.
 */
export async function openTorch(path: string): Promise<Checkpoint> {
  const file: ByteFile = await ByteFile.open(path);
  try {
    const torchFile = await readTorchFile(file);
    if (torchFile === undefined) file.refuse('is a pickle, but no file of torch.save: it holds no tensors');
    return readStateDict(file, torchFile);
  } catch (error) {
    await file.close();
    throw error;
  }
}

interface StoredTensor {
  tensor: TorchTensor;
  source: ElementSource;
}

function readStateDict(file: ByteFile, { value, source }: TorchFile): Checkpoint {
  if (!(value instanceof Map)) file.refuse('holds something else than a state dict');
  const tensors = new Map<string, StoredTensor>();
  let config: PlainData = null;
  for (const [name, entry] of value) {
    if (name === CONFIG_KEY && isPlainData(entry)) config = entry;
    if (!(entry instanceof TorchTensor)) continue;
    if (typeof name !== 'string' || name.length > MAX_NAME_CHARS)
      file.refuse('names a tensor without a usable name');
    if (tensors.size === MAX_TENSORS) file.refuse(`holds more than ${MAX_TENSORS} tensors`);
    const fault = faultOfLayout(entry, entry.storage.elements);
    if (fault !== undefined) file.refuse(`holds tensor ${shown(name)}, which ${fault}`);
    tensors.set(name, { tensor: entry, source: source(entry.storage) });
  }
  if (tensors.size === 0) file.refuse('holds no tensors by name, so it is not a state dict');
  return new StateDict(file, tensors, config);
}

class StateDict implements Checkpoint {
  readonly files: readonly string[];
  readonly names: readonly string[];

  constructor(
    private readonly file: ByteFile,
    private readonly tensors: ReadonlyMap<string, StoredTensor>,
    readonly config: PlainData,
  ) {
    this.files = [file.name];
    this.names = [...tensors.keys()];
  }

  info(name: string) {
    const stored = this.tensors.get(name);
    return stored && { dtype: stored.source.dtype, shape: stored.tensor.shape };
  }

  async read(name: string): Promise<Float32Array> {
    const stored = this.tensors.get(name);
    if (stored === undefined) {
      throw new HeddleError('missing-tensors', `${this.file.name} holds no tensor ${name}`);
    }
    return assemble(name, stored.tensor, stored.source);
  }

  close(): Promise<void> {
    return this.file.close();
  }
}
