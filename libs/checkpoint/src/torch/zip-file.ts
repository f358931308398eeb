import { HeddleError } from '@heddle/contracts';
import { ZipArchive, type ZipEntry } from '../archive/zip.js';
import type { ByteFile } from '../bytes/byte-file.js';
import { MAX_PICKLE_BYTES } from '../pickle/limits.js';
import { unpickle } from '../pickle/unpickle.js';
import { torchRules } from './globals.js';
import { readStorageId } from './storage-id.js';

const PICKLE = 'data.pkl';
const BYTE_ORDER = 'byteorder';
/** The record is `little` or `big`. */
const MAX_BYTE_ORDER_BYTES = 16;

/** What torch ≥ 1.6 writes: a zip of one pickle and one entry per storage. */
export interface TorchZip {
  /** The pickled object; tensors in it are `TorchTensor`. */
  value: unknown;
  archive: ZipArchive;
  littleEndian: boolean;
  /** The entry of a storage by its key. */
  storageEntry(key: string): ZipEntry | undefined;
}

export async function readTorchZip(file: ByteFile): Promise<TorchZip> {
  const archive = await ZipArchive.open(file);
  const pickles = [...archive.entries.keys()].filter((name) => name.split('/')[1] === PICKLE);
  const [pickle] = pickles;
  if (pickle === undefined) file.refuse(`is a zip file without ${PICKLE}, so it is not torch's`);
  if (pickles.length > 1) file.refuse(`holds ${pickles.length} files ${PICKLE}`);
  const root = pickle.slice(0, -PICKLE.length);
  if (archive.entries.has(`${root}constants.pkl`)) {
    throw new HeddleError('unsupported-weights', `${file.name} is a TorchScript program, not a state dict`);
  }
  const bytes = await archive.read(archive.entries.get(pickle)!, MAX_PICKLE_BYTES);
  const rules = torchRules(file.name, (id) => readStorageId(file.name, id));
  const { value, end } = unpickle(bytes, file.name, rules);
  if (end !== bytes.length) file.refuse(`has ${bytes.length - end} bytes after the end of ${PICKLE}`);
  return {
    value,
    archive,
    littleEndian: await isLittleEndian(file, archive, root),
    storageEntry: (key) => archive.entries.get(`${root}data/${key}`),
  };
}

/** Files without the record are little-endian: writers of big-endian ones always add it. */
async function isLittleEndian(file: ByteFile, archive: ZipArchive, root: string): Promise<boolean> {
  const entry = archive.entries.get(root + BYTE_ORDER);
  if (entry === undefined) return true;
  const order = (await archive.read(entry, MAX_BYTE_ORDER_BYTES)).toString('latin1');
  if (order !== 'little' && order !== 'big') file.refuse(`has an unknown ${BYTE_ORDER}`);
  return order === 'little';
}
