import { HeddleError } from '@heddle/contracts';
import type { Dtype } from '../dtypes.js';
import { MAX_DIMENSIONS } from '../limits.js';
import type { PickleRules } from '../pickle/machine.js';
import { TorchStorage, TorchTensor } from './tensor.js';

/** A name of the allow-list. It is a tag: what a call of it does is decided here. */
class Callable {
  constructor(
    readonly name: string,
    readonly call: (fileName: string, args: readonly unknown[]) => unknown,
  ) {}
}
/** The class of a storage, and with it the type of its elements. */
export class StorageType {
  constructor(readonly dtype: Dtype) {}
}
/** A name that may appear as a value and does nothing, e.g. `torch.float16` in an embedded configuration. */
class InertName {
  constructor(readonly name: string) {}
}

/** Dtype of every kind of storage whose elements are plain numbers. */
const STORAGES = new Map<string, Dtype>([
  ['Double', 'F64'],
  ['Float', 'F32'],
  ['Half', 'F16'],
  ['BFloat16', 'BF16'],
  ['Long', 'I64'],
  ['Int', 'I32'],
  ['Short', 'I16'],
  ['Char', 'I8'],
  ['Byte', 'U8'],
  ['Bool', 'BOOL'],
]);
const DTYPE_NAMES =
  'float64 float32 float16 bfloat16 int64 int32 int16 int8 uint8 bool double float half long int'.split(' ');

const ALLOWED = new Map<string, unknown>([
  ...[
    new Callable('collections.OrderedDict', orderedDict),
    new Callable('torch.Size', (fileName, args) => only(fileName, args, 1)[0]),
    new Callable('torch._utils._rebuild_tensor', rebuildTensor),
    new Callable('torch._utils._rebuild_tensor_v2', rebuildTensor),
    new Callable('torch._utils._rebuild_parameter', rebuildParameter),
    new Callable('torch._utils._rebuild_parameter_with_state', rebuildParameter),
  ].map((callable) => [callable.name, callable] as const),
  // Files written on a GPU before torch 0.4 say torch.cuda; the oldest layout names tensor types as well.
  ...[...STORAGES].flatMap(([name, dtype]) =>
    ['torch', 'torch.cuda'].flatMap((module): [string, unknown][] => [
      [`${module}.${name}Storage`, new StorageType(dtype)],
      [`${module}.${name}Tensor`, new InertName(`${module}.${name}Tensor`)],
    ]),
  ),
  ...DTYPE_NAMES.map((name): [string, unknown] => [`torch.${name}`, new InertName(`torch.${name}`)]),
]);

/** Honest constructors of tensors that are no plain arrays of numbers. */
const UNSUPPORTED = new Set([
  'torch._utils._rebuild_qtensor',
  'torch._utils._rebuild_sparse_tensor',
  'torch._utils._rebuild_sparse_csr_tensor',
  'torch._utils._rebuild_nested_tensor',
  'torch._utils._rebuild_tensor_v3',
  'torch._tensor._rebuild_from_type_v2',
]);

/**
 * The allow-list for torch files. `persistent` turns the id of a storage or tensor into its value; the name
 * of a container's file goes into messages.
 */
export function torchRules(fileName: string, persistent: (id: unknown) => unknown): PickleRules {
  return {
    persistent,
    global(module, name) {
      const path = `${module}.${name}`;
      const allowed = ALLOWED.get(path);
      if (allowed !== undefined) return allowed;
      if (UNSUPPORTED.has(path)) {
        throw new HeddleError('unsupported-weights', `${fileName}: tensors made by ${path} are not read`);
      }
      throw new HeddleError('unsafe-pickle', `${fileName}: the pickle refers to ${short(path)}; refused`);
    },
    call(callee, args) {
      if (callee instanceof Callable) return callee.call(fileName, args);
      throw new HeddleError('unsafe-pickle', `${fileName}: the pickle calls what cannot be called; refused`);
    },
  };
}

/** `OrderedDict()`, or with a list of pairs as Python 2 wrote it. */
function orderedDict(fileName: string, args: readonly unknown[]): Map<unknown, unknown> {
  const dictionary = new Map<unknown, unknown>();
  const pairs = args[0] ?? [];
  if (args.length > 1 || !Array.isArray(pairs))
    refuse(fileName, 'an OrderedDict of something else than pairs');
  for (const pair of pairs) {
    const isPair = Array.isArray(pair) && pair.length === 2 && typeof pair[0] === 'string';
    if (!isPair) refuse(fileName, 'an OrderedDict of something else than pairs');
    dictionary.set(pair[0], pair[1]);
  }
  return dictionary;
}

/** Arguments: storage, offset, size, stride, and from v2 on requires_grad, hooks and metadata, all ignored. */
function rebuildTensor(fileName: string, args: readonly unknown[]): TorchTensor {
  const [storage, offset, shape, strides] = args;
  if (!(storage instanceof TorchStorage) || !isIndex(offset) || !isIndexes(shape) || !isIndexes(strides)) {
    refuse(fileName, 'a tensor without storage, or whose offset, size or stride is out of range');
  }
  if (shape.length !== strides.length) refuse(fileName, 'a tensor whose size and stride differ in length');
  // Copies: the pickle may go on to change a list it gave as a size.
  return new TorchTensor(storage, offset, [...shape], [...strides]);
}

/** Arguments: the tensor, requires_grad, hooks, and maybe a state. */
function rebuildParameter(fileName: string, args: readonly unknown[]): TorchTensor {
  const [tensor] = args;
  if (!(tensor instanceof TorchTensor)) refuse(fileName, 'a parameter that holds no tensor');
  return tensor;
}

function only(fileName: string, args: readonly unknown[], count: number): readonly unknown[] {
  if (args.length !== count) refuse(fileName, `a call with ${args.length} arguments instead of ${count}`);
  return args;
}

/** A whole number from 0 to 2^53 - 1. */
function isIndex(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

/** Sizes or strides. The length comes first: one long list may be the argument of many calls. */
function isIndexes(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.length <= MAX_DIMENSIONS && value.every(isIndex);
}

function short(path: string): string {
  return JSON.stringify(path.slice(0, 100));
}

function refuse(fileName: string, what: string): never {
  throw new HeddleError('invalid-weights', `${fileName}: the pickle holds ${what}`);
}
