import { DTYPE_BYTES, type Dtype, isDtype } from '../dtypes.js';
import { JsonReader } from '../json-reader.js';
import { MAX_DIMENSIONS, MAX_NAME_CHARS, MAX_TENSOR_ELEMENTS, MAX_TENSORS } from '../limits.js';

/** The format allows 100 MB; a DeBERTa of 48 layers needs 100 kB, so 8 MiB bounds the memory of parsing. */
export const MAX_HEADER_BYTES = 8 * 1024 * 1024;

export interface TensorEntry {
  dtype: Dtype;
  shape: readonly number[];
  /** Byte range inside the data section. */
  begin: number;
  end: number;
}

/**
 * Checks and reads a safetensors header (the JSON, without its length prefix). `dataBytes` is the size of
 * the data section, which the tensors must cover exactly: no overlap, no hole, no trailing bytes.
 * Throws `invalid-weights` naming the file and what is wrong.
 * Format: https://github.com/huggingface/safetensors#format
 */
export function parseHeader(json: string, dataBytes: number, fileName: string): Map<string, TensorEntry> {
  const reader: JsonReader = new JsonReader(json, fileName, 'header');
  const tensors = new Map<string, TensorEntry>();
  let metadataSeen = false;
  reader.object((name) => {
    if (name === '__metadata__') {
      if (metadataSeen) reader.refuse('__metadata__ appears twice');
      metadataSeen = true;
      readMetadata(reader);
      return;
    }
    if (name.length > MAX_NAME_CHARS)
      reader.refuse(`a tensor name is longer than ${MAX_NAME_CHARS} characters`);
    if (tensors.has(name)) reader.refuse(`tensor ${name} appears twice`);
    if (tensors.size === MAX_TENSORS) reader.refuse(`more than ${MAX_TENSORS} tensors`);
    tensors.set(name, readEntry(reader, name, dataBytes));
  });
  reader.end();
  requireExactCover(reader, tensors, dataBytes);
  return tensors;
}

function readMetadata(reader: JsonReader): void {
  const keys = new Set<string>();
  reader.object((key) => {
    if (keys.has(key)) reader.refuse(`__metadata__.${key} appears twice`);
    keys.add(key);
    reader.string();
  });
}

function readEntry(reader: JsonReader, name: string, dataBytes: number): TensorEntry {
  let dtype: string | undefined;
  let shape: number[] | undefined;
  let offsets: number[] | undefined;
  reader.object((key) => {
    if (key === 'dtype' && dtype === undefined) dtype = reader.string();
    else if (key === 'shape' && shape === undefined) shape = reader.integers(MAX_DIMENSIONS);
    else if (key === 'data_offsets' && offsets === undefined) offsets = reader.integers(2);
    else reader.refuse(`tensor ${name}: unexpected or repeated key ${key}`);
  });
  if (dtype === undefined || shape === undefined || offsets === undefined) {
    reader.refuse(`tensor ${name}: dtype, shape and data_offsets are required`);
  }
  if (!isDtype(dtype)) reader.refuse(`tensor ${name}: unknown dtype ${dtype}`);
  const [begin, end] = offsets;
  if (begin === undefined || end === undefined)
    reader.refuse(`tensor ${name}: data_offsets needs two numbers`);
  if (begin > end || end > dataBytes) {
    reader.refuse(
      `tensor ${name}: data_offsets [${begin}, ${end}] lie outside the ${dataBytes} bytes of data`,
    );
  }
  // BigInt: the product of a hostile shape overflows what a number holds exactly.
  const elements = shape.reduce((product, size) => product * BigInt(size), 1n);
  if (elements > MAX_TENSOR_ELEMENTS) {
    reader.refuse(`tensor ${name}: more than ${MAX_TENSOR_ELEMENTS} elements`);
  }
  if (elements * BigInt(DTYPE_BYTES[dtype]) !== BigInt(end - begin)) {
    reader.refuse(
      `tensor ${name}: ${dtype} [${shape.join(', ')}] does not fill the bytes [${begin}, ${end}]`,
    );
  }
  return { dtype, shape, begin, end };
}

function requireExactCover(reader: JsonReader, tensors: Map<string, TensorEntry>, dataBytes: number): void {
  const ordered = [...tensors].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  let covered = 0;
  for (const [name, { begin, end }] of ordered) {
    if (begin < covered) reader.refuse(`tensor ${name} overlaps another one`);
    if (begin > covered) reader.refuse(`bytes ${covered} to ${begin} belong to no tensor`);
    covered = end;
  }
  if (covered !== dataBytes) reader.refuse(`${dataBytes - covered} bytes after the last tensor`);
}
