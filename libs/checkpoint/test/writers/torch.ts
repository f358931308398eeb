import { type ZipFile, zip } from '@heddle/testing';
import { Call, Global, ORDERED_DICT, PersistentId, pickle, Tuple } from './pickle.js';
import { tar } from './tar.js';

export interface StorageSpec {
  key: string;
  /** `Float`, `Half`, … */
  type: string;
  /** Elements as they lie in the file. */
  data: Uint8Array;
  /** Elements to declare, if others than `data` has. */
  elements?: number;
}
/** A tensor; a storage may belong to several. */
export class TensorSpec {
  constructor(
    readonly storage: StorageSpec,
    readonly shape: number[],
    readonly strides: number[] = rowMajor(shape),
    readonly offset: number = 0,
    /** Begin and elements of the part of the storage that is meant; before torch 1.6 only. */
    readonly view?: { begin: number; elements: number },
  ) {}
}
export type StateDict = Map<string, unknown>;

const WIDTHS: Record<string, number> = {
  Double: 8,
  Float: 4,
  Half: 2,
  BFloat16: 2,
  Long: 8,
  Int: 4,
  Short: 2,
  Char: 1,
  Byte: 1,
  Bool: 1,
};

export interface TorchZipOptions {
  root?: string;
  byteOrder?: string;
  deflate?: boolean;
  zip64?: boolean;
  /** Pickled in place of the state dict. */
  dataPkl?: Buffer;
  /** More entries, or others in place of those with the same name. */
  entries?: ZipFile[];
}

/** What torch ≥ 1.6 writes. */
export function torchZip(state: StateDict, options: TorchZipOptions = {}): Buffer {
  const root = options.root ?? 'archive';
  const entry = (name: string, data: Uint8Array): ZipFile => ({
    name: `${root}/${name}`,
    data,
    deflate: options.deflate ?? false,
  });
  const entries = [
    entry('data.pkl', options.dataPkl ?? pickle(pickled(state, false))),
    ...(options.byteOrder === undefined ? [] : [entry('byteorder', Buffer.from(options.byteOrder))]),
    ...storagesOf(state).map(({ key, data }) => entry(`data/${key}`, data)),
    entry('version', Buffer.from('3\n')),
  ];
  const replaced = new Set(options.entries?.map(({ name }) => name));
  return zip([...entries.filter(({ name }) => !replaced.has(name)), ...(options.entries ?? [])], {
    zip64: options.zip64 ?? false,
  });
}

export interface TorchLegacyOptions {
  object?: Buffer;
  keys?: string[];
  protocolVersion?: number;
}

/** What torch < 1.6 writes. */
export function torchLegacy(state: StateDict, options: TorchLegacyOptions = {}): Buffer {
  const storages = storagesOf(state);
  return Buffer.concat([
    pickle(0x1950a86a20f9469cfc6cn),
    pickle(options.protocolVersion ?? 1001),
    pickle(new Map<string, unknown>([['little_endian', true]])),
    options.object ?? pickle(pickled(state, true)),
    pickle(options.keys ?? storages.map(({ key }) => key)),
    ...storages.flatMap((storage) => [int64(elementsOf(storage)), Buffer.from(storage.data)]),
  ]);
}

/** What torch wrote before 2017. Storages' keys and tensors' ids are numbers there. */
export function torchTar(state: Map<string, TensorSpec>): Buffer {
  const storages = storagesOf(state);
  const tensors = [...state.values()];
  const views = tensors.flatMap(({ storage, view }, i) =>
    view ? [new Tuple(5000 + i, Number(storage.key), view.begin, view.elements)] : [],
  );
  const storageIdOf = ({ storage, view }: TensorSpec, i: number) => (view ? 5000 + i : Number(storage.key));
  return tar([
    {
      name: 'storages',
      data: Buffer.concat([
        pickle(storages.length),
        ...storages.flatMap((storage) => [
          pickle(new Tuple(Number(storage.key), 'cpu', new Global('torch', `${storage.type}Storage`))),
          int64(elementsOf(storage)),
          Buffer.from(storage.data),
        ]),
        pickle(views),
      ]),
    },
    {
      name: 'tensors',
      data: Buffer.concat([
        pickle(tensors.length),
        ...tensors.flatMap((tensor, i) => [
          pickle(
            new Tuple(9000 + i, storageIdOf(tensor, i), new Global('torch', `${tensor.storage.type}Tensor`)),
          ),
          int64(tensor.shape.length),
          ...[...tensor.shape, ...tensor.strides, tensor.offset].map(int64),
        ]),
      ]),
    },
    {
      name: 'pickle',
      data: pickle(new Map([...state.keys()].map((name, i) => [name, new PersistentId(String(9000 + i))]))),
    },
  ]);
}

/** The state dict as torch pickles it. */
export function pickled(state: StateDict, legacy: boolean): Map<string, unknown> {
  return new Map([...state].map(([name, value]) => [name, pickledTensor(value, legacy)]));
}

function pickledTensor(value: unknown, legacy: boolean): unknown {
  if (!(value instanceof TensorSpec)) return value;
  const { storage, offset, shape, strides, view } = value;
  const id = [
    'storage',
    new Global('torch', `${storage.type}Storage`),
    storage.key,
    'cpu',
    elementsOf(storage),
    ...(legacy ? [view ? new Tuple(`${storage.key}-view`, view.begin, view.elements) : null] : []),
  ];
  return new Call(
    new Global('torch._utils', '_rebuild_tensor_v2'),
    new PersistentId(new Tuple(...id)),
    offset,
    new Tuple(...shape),
    new Tuple(...strides),
    false,
    new Call(ORDERED_DICT),
  );
}

function storagesOf(state: StateDict): StorageSpec[] {
  const tensors = [...state.values()].filter((value) => value instanceof TensorSpec);
  return [...new Map(tensors.map(({ storage }) => [storage.key, storage])).values()];
}

function elementsOf({ type, data, elements }: StorageSpec): number {
  return elements ?? data.length / WIDTHS[type]!;
}

function rowMajor(shape: number[]): number[] {
  return shape.map((_, i) => shape.slice(i + 1).reduce((product, size) => product * size, 1));
}

function int64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(BigInt(value));
  return bytes;
}
