import type { ByteFile } from '../bytes/byte-file.js';
import { faultOfPath, MAX_NAME_BYTES, shown } from './entry-name.js';

/** Bytes of the central directory: some 20,000 entries with long names. */
const MAX_DIRECTORY_BYTES = 16 * 1024 * 1024;

const END_BYTES = 22;
const MAX_COMMENT_BYTES = 0xffff;
const LOCATOR_BYTES = 20;
const END_64_BYTES = 56;
const CENTRAL_BYTES = 46;
const SIGNATURE = { central: 0x02014b50, end: 0x06054b50, end64: 0x06064b50, locator: 0x07064b50 };
/** A 16- or 32-bit field of all ones says that the zip64 record holds the value. */
const SEE_ZIP64 = { 16: 0xffff, 32: 0xffffffff };
const ZIP64_EXTRA = 0x0001;

/** What the central directory says about an entry. */
export interface DirectoryEntry {
  name: string;
  nameBytes: Uint8Array;
  flags: number;
  method: number;
  crc: number;
  compressedBytes: number;
  bytes: number;
  headerOffset: number;
  /** Unix file mode, 0 when the archive was made elsewhere. */
  mode: number;
}
export interface Directory {
  entries: DirectoryEntry[];
  /** Where the entries' data must end. */
  begin: number;
}

/**
 * Reads a zip's central directory, with or without zip64. Checks that the records agree with one another;
 * that the entries lie inside the file is for their reader to check.
 * Format: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
 */
export async function readDirectory(file: ByteFile, maxEntries: number): Promise<Directory> {
  const end = await findEnd(file);
  if (end.count > maxEntries)
    file.refuseAsTooLarge(`holds ${end.count} entries; at most ${maxEntries} are read`);
  if (end.size > MAX_DIRECTORY_BYTES) file.refuseAsTooLarge(`has a directory of ${end.size} bytes`);
  if (end.offset + end.size !== end.position)
    file.refuse('has a zip directory that is not where it should be');
  const bytes = await file.bytes(end.offset, end.size);
  const entries: DirectoryEntry[] = [];
  let at = 0;
  for (let i = 0; i < end.count; i++) {
    const { entry, next } = readEntry(file, bytes, at);
    entries.push(entry);
    at = next;
  }
  if (at !== bytes.length) file.refuse('has a zip directory with more entries than it counts');
  return { entries, begin: end.offset };
}

interface End {
  count: number;
  size: number;
  offset: number;
  /** Where the record itself begins, and so where the directory must end. */
  position: number;
}

async function findEnd(file: ByteFile): Promise<End> {
  const length = Math.min(file.size, END_BYTES + MAX_COMMENT_BYTES);
  const tail = await file.bytes(file.size - length, length);
  for (let at = tail.length - END_BYTES; at >= 0; at--) {
    if (tail.readUInt32LE(at) !== SIGNATURE.end) continue;
    // The comment's length must lead to the end of the file: a comment may hold the signature itself.
    if (at + END_BYTES + tail.readUInt16LE(at + 20) !== tail.length) continue;
    return readEnd(file, tail.subarray(at, at + END_BYTES), file.size - tail.length + at);
  }
  file.refuse('is cut off, or no zip file: it has no central directory');
}

async function readEnd(file: ByteFile, record: Buffer, position: number): Promise<End> {
  const short = {
    count: record.readUInt16LE(10),
    size: record.readUInt32LE(12),
    offset: record.readUInt32LE(16),
  };
  if (
    record.readUInt16LE(4) !== 0 ||
    record.readUInt16LE(6) !== 0 ||
    record.readUInt16LE(8) !== short.count
  ) {
    file.refuse('is one part of a split zip file');
  }
  const long = await readEnd64(file, position);
  if (long === undefined) return { ...short, position };
  const agrees =
    (short.count === SEE_ZIP64[16] || short.count === long.count) &&
    (short.size === SEE_ZIP64[32] || short.size === long.size) &&
    (short.offset === SEE_ZIP64[32] || short.offset === long.offset);
  if (!agrees) file.refuse('has two zip directories that disagree');
  return long;
}

async function readEnd64(file: ByteFile, endPosition: number): Promise<End | undefined> {
  const locatorPosition = endPosition - LOCATOR_BYTES;
  if (locatorPosition < END_64_BYTES) return undefined;
  const locator = await file.bytes(locatorPosition, LOCATOR_BYTES);
  if (locator.readUInt32LE(0) !== SIGNATURE.locator) return undefined;
  const position = uint64(file, locator, 8);
  if (position > locatorPosition - END_64_BYTES) file.refuse('has a zip64 record outside the file');
  const record = await file.bytes(position, END_64_BYTES);
  if (record.readUInt32LE(0) !== SIGNATURE.end64) file.refuse('has no zip64 record where it should be');
  // The record's own length excludes the 12 bytes up to and including it.
  if (position + 12 + uint64(file, record, 4) !== locatorPosition)
    file.refuse('has a zip64 record of a wrong length');
  const count = uint64(file, record, 32);
  if (locator.readUInt32LE(4) !== 0 || record.readUInt32LE(16) !== 0 || uint64(file, record, 24) !== count) {
    file.refuse('is one part of a split zip file');
  }
  return { count, size: uint64(file, record, 40), offset: uint64(file, record, 48), position };
}

function readEntry(file: ByteFile, bytes: Buffer, at: number): { entry: DirectoryEntry; next: number } {
  const fixedEnd = at + CENTRAL_BYTES;
  if (fixedEnd > bytes.length || bytes.readUInt32LE(at) !== SIGNATURE.central) {
    file.refuse('has a malformed zip directory');
  }
  const nameEnd = fixedEnd + bytes.readUInt16LE(at + 28);
  const extraEnd = nameEnd + bytes.readUInt16LE(at + 30);
  const next = extraEnd + bytes.readUInt16LE(at + 32);
  if (next > bytes.length) file.refuse('has a malformed zip directory');
  const nameBytes = bytes.subarray(fixedEnd, nameEnd);
  const madeOnUnix = bytes.readUInt8(at + 5) === 3;
  const entry = {
    name: readName(file, nameBytes),
    nameBytes,
    flags: bytes.readUInt16LE(at + 8),
    method: bytes.readUInt16LE(at + 10),
    crc: bytes.readUInt32LE(at + 16),
    compressedBytes: bytes.readUInt32LE(at + 20),
    bytes: bytes.readUInt32LE(at + 24),
    headerOffset: bytes.readUInt32LE(at + 42),
    mode: madeOnUnix ? bytes.readUInt16LE(at + 40) : 0,
  };
  if (bytes.readUInt16LE(at + 34) !== 0) file.refuse('is one part of a split zip file');
  return { entry: { ...entry, ...readZip64(file, bytes.subarray(nameEnd, extraEnd), entry) }, next };
}

/** The fields that did not fit 32 bits, in the order the format fixes. */
function readZip64(
  file: ByteFile,
  extra: Buffer,
  entry: Pick<DirectoryEntry, 'bytes' | 'compressedBytes' | 'headerOffset'>,
): Partial<DirectoryEntry> {
  const field = zip64Field(file, extra);
  let at = 0;
  const read = (value: number): number => {
    if (value !== SEE_ZIP64[32]) return value;
    if (field === undefined || at + 8 > field.length) file.refuse('has a zip entry without its zip64 sizes');
    at += 8;
    return uint64(file, field, at - 8);
  };
  const bytes = read(entry.bytes);
  const compressedBytes = read(entry.compressedBytes);
  return { bytes, compressedBytes, headerOffset: read(entry.headerOffset) };
}

/** The zip64 field among the extra fields of a header. */
export function zip64Field(file: ByteFile, extra: Buffer): Buffer | undefined {
  let found: Buffer | undefined;
  let at = 0;
  while (at + 4 <= extra.length) {
    const end = at + 4 + extra.readUInt16LE(at + 2);
    if (end > extra.length) file.refuse('has a zip entry with malformed extra fields');
    if (extra.readUInt16LE(at) === ZIP64_EXTRA) {
      if (found !== undefined) file.refuse('has a zip entry with two zip64 fields');
      found = extra.subarray(at + 4, end);
    }
    at = end;
  }
  return found;
}

function readName(file: ByteFile, bytes: Uint8Array): string {
  if (bytes.length > MAX_NAME_BYTES) file.refuse(`names an entry with more than ${MAX_NAME_BYTES} bytes`);
  let name: string;
  try {
    name = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    file.refuse('names an entry in an encoding other than UTF-8', cause);
  }
  const fault = faultOfPath(name);
  if (fault !== undefined) file.refuse(`names an entry ${shown(name)}, which ${fault}`);
  return name;
}

/** Values past 2^53 lose digits, which only makes them different from every true size. */
function uint64(file: ByteFile, bytes: Buffer, at: number): number {
  const value = Number(bytes.readBigUInt64LE(at));
  if (!Number.isSafeInteger(value)) file.refuse('has a size above 2^53 bytes');
  return value;
}
