import { HeddleError } from '@heddle/contracts';
import { ByteFile } from '../bytes/byte-file.js';
import type { Checkpoint } from '../checkpoint.js';
import { assemble } from '../tensors/assemble.js';
import { rowMajorStrides } from '../tensors/layout.js';
import { MAX_HEADER_BYTES, parseHeader, type TensorEntry } from './header.js';

/** The header starts after its own length, an unsigned 64-bit little-endian number. */
const LENGTH_BYTES = 8;

/** Opens one safetensors file. Throws `invalid-weights`; the file is closed again when it does. */
export async function openSafetensors(path: string): Promise<Checkpoint> {
  const file = await ByteFile.open(path);
  try {
    const headerBytes = await readHeaderLength(file);
    const dataStart = LENGTH_BYTES + headerBytes;
    const header = decodeUtf8(await file.bytes(LENGTH_BYTES, headerBytes), file);
    const tensors = parseHeader(header, file.size - dataStart, file.name);
    return new SafetensorsFile(file, tensors, dataStart);
  } catch (error) {
    await file.close();
    throw error;
  }
}

class SafetensorsFile implements Checkpoint {
  readonly files: readonly string[];
  readonly names: readonly string[];
  readonly config = null;

  constructor(
    private readonly file: ByteFile,
    private readonly tensors: ReadonlyMap<string, TensorEntry>,
    private readonly dataStart: number,
  ) {
    this.files = [file.name];
    this.names = [...tensors.keys()];
  }

  info(name: string) {
    const entry = this.tensors.get(name);
    return entry && { dtype: entry.dtype, shape: entry.shape };
  }

  async read(name: string): Promise<Float32Array> {
    const entry = this.tensors.get(name);
    if (entry === undefined) {
      throw new HeddleError('missing-tensors', `${this.file.name} holds no tensor ${name}`);
    }
    const { dtype, shape } = entry;
    const first = this.dataStart + entry.begin;
    const chunks = (begin: number, end: number) => this.file.chunks(first + begin, first + end);
    const layout = { shape, strides: rowMajorStrides(shape), offset: 0 };
    return assemble(name, layout, { fileName: this.file.name, dtype, littleEndian: true, chunks });
  }

  close(): Promise<void> {
    return this.file.close();
  }
}

async function readHeaderLength(file: ByteFile): Promise<number> {
  if (file.size < LENGTH_BYTES) file.refuse(`has ${file.size} bytes, too few for a header`);
  const prefix = await file.bytes(0, LENGTH_BYTES);
  if (prefix.toString('latin1') === 'version ') {
    file.refuse('is a Git LFS pointer, not the weights themselves; fetch them with git lfs pull');
  }
  const length = prefix.readBigUInt64LE(0);
  if (length > MAX_HEADER_BYTES) {
    file.refuse(`declares a header of ${length} bytes; at most ${MAX_HEADER_BYTES} are read`);
  }
  if (length > file.size - LENGTH_BYTES) file.refuse(`declares a header of ${length} bytes but is shorter`);
  return Number(length);
}

function decodeUtf8(bytes: Uint8Array, file: ByteFile): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    file.refuse('has a header that is not UTF-8', cause);
  }
}
