import { type FileHandle, open, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { HeddleError } from '@heddle/contracts';
import type { Checkpoint } from '../checkpoint.js';
import { DTYPE_BYTES, isFloatDtype, widen } from '../dtypes.js';
import { MAX_HEADER_BYTES, parseHeader, type TensorEntry } from './header.js';

/** The header starts after its own length, an unsigned 64-bit little-endian number. */
const LENGTH_BYTES = 8;
/** Bytes read at once: large enough for the disk, small beside the tensor they are widened into. */
const CHUNK_BYTES = 4 * 1024 * 1024;

/** Opens one safetensors file. Throws `invalid-weights`; the file is closed again when it does. */
export async function openSafetensors(path: string): Promise<Checkpoint> {
  const fileName = basename(path);
  // Looked at before it is opened: opening a pipe would wait for a writer for ever.
  if (!(await stat(path)).isFile()) refuse(fileName, 'is not a regular file');
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const headerBytes = await readHeaderLength(file, fileName, size);
    const dataStart = LENGTH_BYTES + headerBytes;
    const header = new Uint8Array(headerBytes);
    await readExactly(file, fileName, header, LENGTH_BYTES);
    const tensors = parseHeader(decodeUtf8(header, fileName), size - dataStart, fileName);
    return new SafetensorsFile(file, fileName, tensors, dataStart);
  } catch (error) {
    await file.close();
    throw error;
  }
}

class SafetensorsFile implements Checkpoint {
  readonly names: readonly string[];

  constructor(
    private readonly file: FileHandle,
    private readonly fileName: string,
    private readonly tensors: ReadonlyMap<string, TensorEntry>,
    private readonly dataStart: number,
  ) {
    this.names = [...tensors.keys()];
  }

  info(name: string) {
    const entry = this.tensors.get(name);
    return entry && { dtype: entry.dtype, shape: entry.shape };
  }

  async read(name: string): Promise<Float32Array> {
    const entry = this.tensors.get(name);
    if (entry === undefined) throw new HeddleError('missing-tensors', `there is no tensor ${name}`);
    const { dtype, begin, end } = entry;
    if (!isFloatDtype(dtype)) {
      throw new HeddleError(
        'unsupported-weights',
        `tensor ${name} is ${dtype}; supported: F32, F16, BF16, F64`,
      );
    }
    const width = DTYPE_BYTES[dtype];
    const values = new Float32Array((end - begin) / width);
    const chunk = new Uint8Array(Math.min(CHUNK_BYTES, end - begin));
    for (let at = begin; at < end; at += chunk.length) {
      const bytes = chunk.subarray(0, Math.min(chunk.length, end - at));
      await readExactly(this.file, this.fileName, bytes, this.dataStart + at);
      const first = (at - begin) / width;
      const target = values.subarray(first, first + bytes.length / width);
      widen(dtype, bytes, target);
      requireFinite(name, target);
    }
    return values;
  }

  close(): Promise<void> {
    return this.file.close();
  }
}

async function readHeaderLength(file: FileHandle, fileName: string, size: number): Promise<number> {
  if (size < LENGTH_BYTES) refuse(fileName, `has ${size} bytes, too few for a header`);
  const prefix = new Uint8Array(LENGTH_BYTES);
  await readExactly(file, fileName, prefix, 0);
  if (Buffer.from(prefix).toString('latin1') === 'version ') {
    refuse(fileName, 'is a Git LFS pointer, not the weights themselves; fetch them with git lfs pull');
  }
  const length = new DataView(prefix.buffer).getBigUint64(0, true);
  if (length > MAX_HEADER_BYTES) {
    refuse(fileName, `declares a header of ${length} bytes; at most ${MAX_HEADER_BYTES} are read`);
  }
  if (length > size - LENGTH_BYTES) refuse(fileName, `declares a header of ${length} bytes but is shorter`);
  return Number(length);
}

async function readExactly(
  file: FileHandle,
  fileName: string,
  target: Uint8Array,
  position: number,
): Promise<void> {
  let done = 0;
  while (done < target.length) {
    const { bytesRead } = await file.read(target, done, target.length - done, position + done);
    if (bytesRead === 0) refuse(fileName, 'became shorter while it was read');
    done += bytesRead;
  }
}

function decodeUtf8(bytes: Uint8Array, fileName: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new HeddleError('invalid-weights', `${fileName}: the header is not UTF-8`, { cause });
  }
}

/** NaN and infinity are the only values whose difference with themselves is not zero. */
function requireFinite(name: string, values: Float32Array): void {
  for (const value of values) {
    if (value - value !== 0) {
      throw new HeddleError('model-nonfinite', `tensor ${name} holds NaN or infinite values`);
    }
  }
}

function refuse(fileName: string, reason: string): never {
  throw new HeddleError('invalid-weights', `${fileName} ${reason}`);
}
