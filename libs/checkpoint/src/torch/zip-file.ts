import { HeddleError } from '@heddle/contracts';
import { shown } from '../archive/entry-name.js';
import { ZipArchive, type ZipEntry } from '../archive/zip.js';
import type { ByteFile } from '../bytes/byte-file.js';
import { DTYPE_BYTES } from '../dtypes.js';
import { MAX_TENSORS } from '../limits.js';
import { MAX_PICKLE_BYTES } from '../pickle/limits.js';
import { unpickle } from '../pickle/unpickle.js';
import type { ElementSource } from '../tensors/assemble.js';
import { torchRules } from './globals.js';
import { readStorageId } from './storage-id.js';
import { StorageRegistry } from './storages.js';
import type { TorchFile } from './tensor.js';

const PICKLE = 'data.pkl';
/** One entry per storage, and some for version, byte order and the like. */
const MAX_ENTRIES = MAX_TENSORS + 100;
const BYTE_ORDER = 'byteorder';
/** The record is `little` or `big`. */
const MAX_BYTE_ORDER_BYTES = 16;
/**
 * A packed storage is unpacked from its start for every tensor, so one that many tensors may share is only
 * read up to this size.
 */
const MAX_SHARED_PACKED_BYTES = 16 * 1024 * 1024;

/** What torch ≥ 1.6 writes: a zip of one pickle and one entry per storage. */
export async function readTorchZip(file: ByteFile): Promise<TorchFile> {
  const archive = await ZipArchive.open(file, MAX_ENTRIES);
  const pickles = [...archive.entries.keys()].filter((name) => /^[^/]+\/data\.pkl$/.test(name));
  const [pickle] = pickles;
  if (pickle === undefined) file.refuse(`is a zip file without ${PICKLE}, so it is not torch's`);
  if (pickles.length > 1) file.refuse(`holds ${pickles.length} files ${PICKLE}`);
  const root = pickle.slice(0, -PICKLE.length);
  if (archive.entries.has(`${root}constants.pkl`)) {
    throw new HeddleError('unsupported-weights', `${file.name} is a TorchScript program, not a state dict`);
  }
  const bytes = await archive.read(archive.entries.get(pickle)!, MAX_PICKLE_BYTES);
  const storages = new StorageRegistry(file);
  const rules = torchRules(file.name, (id) => storages.add(readStorageId(file.name, id)));
  const { value, end } = unpickle(bytes, file.name, rules);
  if (end !== bytes.length) file.refuse(`has ${bytes.length - end} bytes after the end of ${PICKLE}`);
  const littleEndian = await isLittleEndian(file, archive, root);
  // Shared by the tensors of a storage: its CRC-32 need be checked once.
  const sources = new Map<string, ElementSource>();
  return {
    value,
    source({ key, dtype, rootElements, begin }) {
      if (begin !== 0) file.refuse(`declares a part of storage ${shown(key)}, which this format cannot`);
      const known = sources.get(key);
      if (known !== undefined) return known;
      const entry = archive.entries.get(`${root}data/${key}`);
      if (entry === undefined) file.refuse(`does not hold storage ${shown(key)}`);
      const declared = rootElements * DTYPE_BYTES[dtype];
      if (entry.bytes !== declared) {
        file.refuse(`holds ${entry.bytes} bytes of storage ${shown(key)}; the pickle declares ${declared}`);
      }
      const chunks = storageReader(file, archive, entry);
      const source = { fileName: file.name, dtype, littleEndian, chunks };
      sources.set(key, source);
      return source;
    },
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

/** The first time all of a storage is read, for its CRC-32; later only the part that is asked for. */
function storageReader(file: ByteFile, archive: ZipArchive, entry: ZipEntry): ElementSource['chunks'] {
  let verified = false;
  return async function* chunks(begin, end) {
    if (entry.deflated && end - begin < entry.bytes && entry.bytes > MAX_SHARED_PACKED_BYTES) {
      throw new HeddleError(
        'unsupported-weights',
        `${file.name}: ${shown(entry.name)} is packed and shared by several tensors; only up to ` +
          `${MAX_SHARED_PACKED_BYTES} bytes of such are read`,
      );
    }
    if (verified && !entry.deflated) {
      yield* file.chunks(entry.dataOffset + begin, entry.dataOffset + end);
      return;
    }
    let at = 0;
    for await (const chunk of archive.chunks(entry)) {
      const part = chunk.subarray(Math.max(0, begin - at), Math.max(0, end - at));
      at += chunk.length;
      if (part.length > 0) yield part;
    }
    verified = true;
  };
}
