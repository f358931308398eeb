/** Everything in a tar comes in blocks of this many bytes. */
export const BLOCK_BYTES = 512;

export interface TarHeader {
  name: string;
  size: number;
  /** One character: 0 a file, 5 a folder, x and g pax records, L a long name; links and devices are others. */
  type: string;
}

/** Why a header cannot be read. */
export class TarFault extends Error {}

/**
 * One header block, which must not be all zeros. Throws `TarFault`.
 * Format: POSIX ustar (pax), https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html
 */
export function parseHeader(block: Buffer): TarHeader {
  if (checksum(block) !== number(block, 148, 8)) throw new TarFault('a header whose checksum is wrong');
  const magic = block.toString('latin1', 257, 263);
  const prefix = magic === 'ustar\0' ? text(block, 345, 155) : '';
  const name = text(block, 0, 100);
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    size: number(block, 124, 12),
    type: String.fromCharCode(block[156]!),
  };
}

/** Whether a block carries the mark that every tar since 1988 has. */
export function looksLikeTar(block: Buffer): boolean {
  return block.length === BLOCK_BYTES && block.toString('latin1', 257, 262) === 'ustar';
}

/** Key → value of a pax header's records, `<length> <key>=<value>\n` each. Throws `TarFault`. */
export function parsePax(bytes: Buffer): Map<string, string> {
  const records = new Map<string, string>();
  for (let at = 0; at < bytes.length; ) {
    const blank = bytes.indexOf(' ', at);
    const digits = blank === -1 ? '' : bytes.toString('latin1', at, blank);
    const end = at + Number(digits);
    const equals = bytes.indexOf('=', blank);
    const wellFormed =
      /^[1-9][0-9]{0,8}$/.test(digits) && end <= bytes.length && bytes[end - 1] === LINE_FEED && equals < end;
    if (!wellFormed || equals <= blank) throw new TarFault('malformed pax records');
    const key = utf8(bytes.subarray(blank + 1, equals));
    if (records.has(key)) throw new TarFault(`two pax records of ${JSON.stringify(key.slice(0, 100))}`);
    records.set(key, utf8(bytes.subarray(equals + 1, end - 1)));
    at = end;
  }
  return records;
}

/** Up to the first NUL. Throws `TarFault` when it is not UTF-8. */
export function text(bytes: Buffer, at: number, length: number): string {
  const field = bytes.subarray(at, at + length);
  const end = field.indexOf(0);
  return utf8(end === -1 ? field : field.subarray(0, end));
}

const LINE_FEED = 0x0a;
const CHECKSUM = { begin: 148, end: 156 };

/** Octal digits, or big-endian binary marked by the first bit, as GNU writes numbers that are too large. */
function number(block: Buffer, at: number, length: number): number {
  const field = block.subarray(at, at + length);
  if (field[0] === 0x80) {
    let value = 0;
    for (const byte of field.subarray(1)) value = value * 256 + byte;
    if (!Number.isSafeInteger(value)) throw new TarFault('a number above 2^53');
    return value;
  }
  const digits = field
    .toString('latin1')
    .replace(/^ +/, '')
    .replace(/[\0 ].*$/s, '');
  if (!/^[0-7]{0,11}$/.test(digits)) throw new TarFault('a number that is none');
  return Number.parseInt(digits || '0', 8);
}

/** Sum of the bytes, with blanks in place of the checksum itself. */
function checksum(block: Buffer): number {
  let sum = 0;
  for (let i = 0; i < BLOCK_BYTES; i++) sum += i >= CHECKSUM.begin && i < CHECKSUM.end ? 0x20 : block[i]!;
  return sum;
}

function utf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new TarFault('a name that is not UTF-8');
  }
}
