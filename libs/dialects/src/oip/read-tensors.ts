import { checkValues, HeddleError } from '@heddle/contracts';
import type { OipRequest, OipTensor } from './request.js';

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
/** Bytes of the length before each text, and of each number. */
const LENGTH_BYTES = 4;
const INTEGERS: Record<string, { bytes: number; at: (bytes: Buffer, offset: number) => number }> = {
  INT64: { bytes: 8, at: (bytes, offset) => Number(bytes.readBigInt64LE(offset)) },
  UINT64: { bytes: 8, at: (bytes, offset) => Number(bytes.readBigUInt64LE(offset)) },
  INT32: { bytes: 4, at: (bytes, offset) => bytes.readInt32LE(offset) },
  UINT32: { bytes: 4, at: (bytes, offset) => bytes.readUInt32LE(offset) },
};

type Given = OipRequest['inputs'][number];

/**
 * The tensors of a request by name: texts, and whole numbers. `binary`: what follows the JSON, in the order of the inputs.
 * Errors: `validation` where data, type and shape do not go together, `invalid-text`.
 */
export function readTensors(inputs: readonly Given[], binary: Buffer): Map<string, OipTensor> {
  const tensors = new Map<string, OipTensor>();
  let position = 0;
  for (const [i, input] of inputs.entries()) {
    const at = `/inputs/${i}`;
    if (tensors.has(input.name)) throw wrong(`${at}/name`, `there are two inputs "${input.name}"`);
    const bytes = sizeOf(input, at);
    if (bytes !== null && position + bytes > binary.length)
      throw wrong(at, 'binary_data_size is more than there is');
    const data =
      bytes === null
        ? fromJson(input, at)
        : fromBytes(input, binary.subarray(position, position + bytes), at);
    position += bytes ?? 0;
    const size = input.shape.reduce((product, length) => product * length, 1);
    if (size !== data.length)
      throw wrong(`${at}/shape`, `a shape of ${size} elements, and data of ${data.length}`);
    const datatype = input.datatype === 'BYTES' ? 'BYTES' : 'INT64';
    tensors.set(input.name, { name: input.name, datatype, shape: input.shape, data });
  }
  if (position !== binary.length)
    throw wrong('/inputs', `${binary.length - position} bytes that are of no input`);
  return tensors;
}

/** Null where the data is in the JSON. */
function sizeOf({ parameters, data }: Given, at: string): number | null {
  const size = parameters?.binary_data_size;
  if (size === undefined) return null;
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0)
    throw wrong(`${at}/parameters/binary_data_size`, 'a number of bytes');
  if (data !== undefined) throw wrong(`${at}/data`, 'may not stand beside binary_data_size');
  return size;
}

function fromJson({ datatype, data }: Given, at: string): string[] | number[] {
  if (!Array.isArray(data)) throw wrong(`${at}/data`, 'must be an array');
  const flat: unknown[] = [data].flat(Number.POSITIVE_INFINITY);
  const isText = datatype === 'BYTES';
  if (!isText && !Object.hasOwn(INTEGERS, datatype)) throw unknownType(datatype, at);
  const fits = (value: unknown) => (isText ? typeof value === 'string' : Number.isSafeInteger(value));
  if (!flat.every(fits)) throw wrong(`${at}/data`, isText ? 'must be texts' : 'must be whole numbers');
  return flat as string[] | number[];
}

function fromBytes({ datatype }: Given, bytes: Buffer, at: string): string[] | number[] {
  if (datatype === 'BYTES') return textsIn(bytes, at);
  if (!Object.hasOwn(INTEGERS, datatype)) throw unknownType(datatype, at);
  const { bytes: size, at: read } = INTEGERS[datatype]!;
  if (bytes.length % size !== 0) throw wrong(at, `data of ${datatype} comes in ${size} bytes each`);
  const numbers = Array.from({ length: bytes.length / size }, (_, i) => read(bytes, i * size));
  if (!numbers.every(Number.isSafeInteger)) throw wrong(at, 'a number beyond 2^53');
  return numbers;
}

function textsIn(bytes: Buffer, at: string): string[] {
  const texts: string[] = [];
  let position = 0;
  while (position < bytes.length) {
    const start = position + LENGTH_BYTES;
    const end = start <= bytes.length ? start + bytes.readUInt32LE(position) : Number.POSITIVE_INFINITY;
    if (end > bytes.length) throw wrong(at, 'a text is longer than its data');
    texts.push(textOf(bytes.subarray(start, end), at));
    position = end;
  }
  checkValues(texts);
  return texts;
}

function textOf(bytes: Uint8Array, at: string): string {
  try {
    return UTF8.decode(bytes);
  } catch (cause) {
    throw new HeddleError('invalid-text', 'Texts are UTF-8.', {
      cause,
      errors: [{ pointer: at, code: 'invalid', message: 'must be UTF-8' }],
    });
  }
}

function unknownType(datatype: string, at: string): HeddleError {
  return wrong(`${at}/datatype`, `BYTES or one of ${Object.keys(INTEGERS).join(', ')}, not ${datatype}`);
}

export function wrong(pointer: string, message: string): HeddleError {
  return new HeddleError('validation', 'The request is wrong; see errors.', {
    errors: [{ pointer, code: 'value', message }],
  });
}
