/**
 * Protocol buffers' wire format, read from bytes that may be hostile: every length is checked against what is
 * there, and nothing is allocated by a number that the file names.
 */
const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;
/** A 64-bit number takes ten groups of seven bits. */
const MAX_VARINT_BYTES = 10;

/** One field of a message. Which of the values it carries depends on its wire type. */
export interface WireField {
  number: number;
  /** Low 32 bits of a varint, signed: all that enums, booleans and int32 use. */
  int?: number;
  float?: number;
  bytes?: Buffer;
}

/** The fields of a message in order. `fail` is called with what is wrong. */
export function* wireFields(message: Buffer, fail: (reason: string) => never): Generator<WireField> {
  const cursor = { at: 0 };
  while (cursor.at < message.length) {
    const tag = readVarint(message, cursor, fail);
    const number = tag.low >>> 3;
    if (tag.high !== 0 || number === 0) fail('has a field without a number');
    switch (tag.low & 7) {
      case VARINT:
        yield { number, int: readVarint(message, cursor, fail).low | 0 };
        break;
      case FIXED64:
        take(message, cursor, 8, fail);
        break;
      case FIXED32:
        yield { number, float: take(message, cursor, 4, fail).readFloatLE(0) };
        break;
      case BYTES: {
        const { low, high } = readVarint(message, cursor, fail);
        yield {
          number,
          bytes: take(message, cursor, high === 0 ? low >>> 0 : Number.POSITIVE_INFINITY, fail),
        };
        break;
      }
      default:
        fail('has a field of an unknown kind');
    }
  }
}

type Cursor = { at: number };

function take(message: Buffer, cursor: Cursor, length: number, fail: (reason: string) => never): Buffer {
  if (length > message.length - cursor.at) fail('is cut off inside a field');
  cursor.at += length;
  return message.subarray(cursor.at - length, cursor.at);
}

function readVarint(
  message: Buffer,
  cursor: Cursor,
  fail: (reason: string) => never,
): { low: number; high: number } {
  let low = 0;
  let high = 0;
  for (let i = 0; i < MAX_VARINT_BYTES; i++) {
    const byte = message[cursor.at++] ?? fail('is cut off inside a number');
    const bits = byte & 0x7f;
    if (i < 5) low |= bits << (7 * i);
    if (i >= 4) high |= i === 4 ? bits >>> 4 : bits << (7 * i - 32);
    if (byte < 0x80) return { low, high };
  }
  return fail('has a number of more than 64 bits');
}
