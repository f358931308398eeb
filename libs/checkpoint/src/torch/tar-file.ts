import { shown } from '../archive/entry-name.js';
import { tarEntries } from '../archive/tar.js';
import { FileInput } from '../archive/tar-input.js';
import type { ByteFile } from '../bytes/byte-file.js';
import { DTYPE_BYTES } from '../dtypes.js';
import { MAX_DIMENSIONS, MAX_TENSORS } from '../limits.js';
import { MAX_PICKLE_BYTES } from '../pickle/limits.js';
import { PickleSequence } from '../pickle/sequence.js';
import { unpickle } from '../pickle/unpickle.js';
import { StorageType, torchRules } from './globals.js';
import { checkCount } from './legacy-file.js';
import { isCount, MAX_KEY_CHARS } from './storage-id.js';
import { plainSource } from './storages.js';
import { type TorchFile, TorchStorage, TorchTensor } from './tensor.js';

interface Member {
  begin: number;
  end: number;
}

/**
 * What torch wrote before 2017: a tar of `storages` (pickles and raw elements in turn), `tensors` (views of
 * them) and `pickle`, in which tensors are mere ids. torch.load still reads it (`legacy_load`).
 */
export async function readTarFile(file: ByteFile): Promise<TorchFile> {
  const members = await locateMembers(file);
  const member = (name: string) =>
    members.get(name) ?? file.refuse(`is a tar without ${name}, so it is not torch's`);
  const { storages, positions } = await readStorages(file, member('storages'));
  const tensors = await readTensors(file, member('tensors'), storages);
  const pickle = member('pickle');
  const rules = torchRules(file.name, (id) => {
    const tensor = tensors.get(String(id));
    return tensor ?? file.refuse(`refers to tensor ${shown(String(id))}, which it does not hold`);
  });
  if (pickle.end - pickle.begin > MAX_PICKLE_BYTES) file.refuse('holds a pickle that is too large');
  const bytes = await file.bytes(pickle.begin, pickle.end - pickle.begin);
  const { value, end } = unpickle(bytes, file.name, rules);
  if (end !== bytes.length) file.refuse('has bytes after the end of its pickle');
  return { value, source: (storage) => plainSource(file, storage, positions.get(storage.key)!) };
}

async function locateMembers(file: ByteFile): Promise<Map<string, Member>> {
  const input = new FileInput(file);
  const members = new Map<string, Member>();
  for await (const { name, bytes } of tarEntries(input)) {
    if (members.has(name)) file.refuse(`holds two entries named ${shown(name)}`);
    members.set(name, { begin: input.position, end: input.position + bytes });
  }
  return members;
}

interface Storages {
  /** By id, views of other storages included. */
  storages: Map<string, TorchStorage>;
  positions: Map<string, number>;
}

/** A count; so often a pickled (id, location, type) and the elements; a pickled list of views. */
async function readStorages(file: ByteFile, { begin, end }: Member): Promise<Storages> {
  const pickles = new PickleSequence(
    file,
    begin,
    end,
    torchRules(file.name, () => refuseMember(file, 'storages')),
  );
  const storages = new Map<string, TorchStorage>();
  const positions = new Map<string, number>();
  const count = checkTensorCount(file, await pickles.next());
  for (let i = 0; i < count; i++) {
    const [id, , type] = asTuple(file, await pickles.next(), 3);
    if (!(type instanceof StorageType)) refuseMember(file, 'storages');
    const key = addKey(file, storages, id);
    const elements = await readCount(file, pickles.at, end);
    const storage = new TorchStorage(key, type.dtype, elements);
    const position = await checkCount(file, pickles.at, end, storage);
    storages.set(key, storage);
    positions.set(key, position);
    pickles.at = position + elements * DTYPE_BYTES[type.dtype];
  }
  const views = await pickles.next();
  if (!Array.isArray(views)) refuseMember(file, 'storages');
  for (const view of views) {
    const [id, rootId, first, length] = asTuple(file, view, 4);
    const root = storages.get(String(rootId));
    if (root === undefined || !isCount(first) || !isCount(length) || first + length > root.elements) {
      refuseMember(file, 'storages');
    }
    const key = addKey(file, storages, id);
    storages.set(key, new TorchStorage(root.key, root.dtype, length, root.begin + first, root.rootElements));
  }
  return { storages, positions };
}

/** A count; so often a pickled (id, storage id, type) and the raw dimensions, sizes, strides and offset. */
async function readTensors(
  file: ByteFile,
  { begin, end }: Member,
  storages: ReadonlyMap<string, TorchStorage>,
): Promise<Map<string, TorchTensor>> {
  const pickles = new PickleSequence(
    file,
    begin,
    end,
    torchRules(file.name, () => refuseMember(file, 'tensors')),
  );
  const tensors = new Map<string, TorchTensor>();
  const count = checkTensorCount(file, await pickles.next());
  for (let i = 0; i < count; i++) {
    const [id, storageId] = asTuple(file, await pickles.next(), 3);
    const storage = storages.get(String(storageId));
    if (storage === undefined) refuseMember(file, 'tensors');
    const { dimensions, numbers } = await readGeometry(file, pickles.at, end);
    const [shape, strides] = [numbers.slice(0, dimensions), numbers.slice(dimensions, -1)];
    const key = addKey(file, tensors, id);
    tensors.set(key, new TorchTensor(storage, numbers.at(-1)!, shape, strides));
    pickles.at += 8 + 8 * numbers.length;
  }
  return tensors;
}

/** Little-endian: dimensions (32 bits, and 32 unused ones), sizes, strides and the offset (64 bits each). */
async function readGeometry(
  file: ByteFile,
  at: number,
  end: number,
): Promise<{ dimensions: number; numbers: number[] }> {
  if (at + 8 > end) refuseMember(file, 'tensors');
  const dimensions = (await file.bytes(at, 8)).readInt32LE(0);
  const count = 2 * dimensions + 1;
  if (dimensions < 0 || dimensions > MAX_DIMENSIONS || at + 8 + 8 * count > end)
    refuseMember(file, 'tensors');
  const bytes = await file.bytes(at + 8, 8 * count);
  const numbers = Array.from({ length: count }, (_, i) => Number(bytes.readBigInt64LE(8 * i)));
  if (!numbers.every(isCount)) refuseMember(file, 'tensors');
  return { dimensions, numbers };
}

async function readCount(file: ByteFile, at: number, end: number): Promise<number> {
  if (at + 8 > end) refuseMember(file, 'storages');
  const count = Number((await file.bytes(at, 8)).readBigInt64LE(0));
  return isCount(count) ? count : refuseMember(file, 'storages');
}

function checkTensorCount(file: ByteFile, count: unknown): number {
  if (!isCount(count) || count > MAX_TENSORS)
    file.refuse(`holds more than ${MAX_TENSORS} storages or tensors`);
  return count;
}

function asTuple(file: ByteFile, value: unknown, length: number): unknown[] {
  if (!Array.isArray(value) || value.length !== length) file.refuse('holds a malformed storage or tensor');
  return value;
}

/** Ids are addresses in the writer's memory, or texts of them. */
function addKey(file: ByteFile, known: ReadonlyMap<string, unknown>, id: unknown): string {
  const key = typeof id === 'object' ? '' : String(id);
  if (key === '' || key.length > MAX_KEY_CHARS || known.has(key))
    file.refuse('uses an id twice, or none at all');
  return key;
}

function refuseMember(file: ByteFile, name: string): never {
  file.refuse(`holds malformed ${name}`);
}
