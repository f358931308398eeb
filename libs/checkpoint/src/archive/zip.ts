import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { crc32, createInflateRaw } from 'node:zlib';
import { type ByteFile, CHUNK_BYTES } from '../bytes/byte-file.js';
import { copies } from './copies.js';
import { shown } from './entry-name.js';
import { type DirectoryEntry, readDirectory, zip64Field } from './zip-directory.js';

/** Unpacked bytes from which on the ratio of an entry is looked at: small files may well be all zeros. */
const RATIO_FROM_BYTES = 16 * 1024 * 1024;
/** Unpacked to packed. Weights pack to a ratio of about 1.1; deflate reaches 1032 on zeros. */
const MAX_RATIO = 100;

const LOCAL_BYTES = 30;
const LOCAL_SIGNATURE = 0x04034b50;
/** A data descriptor behind the data: CRC and two sizes, its signature left out. */
const MIN_DESCRIPTOR_BYTES = 12;
const FLAG = { encrypted: 0x0001, descriptor: 0x0008, strongEncryption: 0x0040, maskedHeaders: 0x2000 };
const METHOD = { stored: 0, deflated: 8 };
const FILE_TYPE = { mask: 0o170000, regular: 0o100000, folder: 0o040000 };

export interface ZipEntry {
  readonly name: string;
  readonly folder: boolean;
  readonly deflated: boolean;
  /** Unpacked size, which `chunks` enforces. */
  readonly bytes: number;
  readonly compressedBytes: number;
  readonly crc: number;
  readonly dataOffset: number;
}

/** The entries of a zip file, each checked against its own header and against all others. */
export class ZipArchive {
  private constructor(
    private readonly file: ByteFile,
    readonly entries: ReadonlyMap<string, ZipEntry>,
  ) {}

  /** Throws for anything but plain, unencrypted, stored or deflated entries with distinct ranges and names. */
  static async open(file: ByteFile, maxEntries: number): Promise<ZipArchive> {
    const directory = await readDirectory(file, maxEntries);
    const entries = new Map<string, ZipEntry>();
    let covered = 0;
    for (const listed of directory.entries.sort((a, b) => a.headerOffset - b.headerOffset)) {
      if (entries.has(listed.name)) file.refuse(`holds two entries named ${shown(listed.name)}`);
      if (listed.headerOffset < covered) file.refuse(`has zip entries that overlap: ${shown(listed.name)}`);
      const { entry, end } = await checkEntry(file, listed);
      if (end > directory.begin) file.refuse(`has a zip entry outside its bounds: ${shown(listed.name)}`);
      entries.set(entry.name, entry);
      covered = end;
    }
    return new ZipArchive(file, entries);
  }

  /**
   * An entry's unpacked bytes in order; all but the last chunk have `CHUNK_BYTES`. Every chunk is the same
   * memory. Ends with an error when size or CRC-32 are not those the directory declares.
   */
  async *chunks(entry: ZipEntry): AsyncGenerator<Uint8Array> {
    const packed = this.file.chunks(entry.dataOffset, entry.dataOffset + entry.compressedBytes);
    let crc = 0;
    for await (const chunk of entry.deflated ? this.inflate(entry, packed) : packed) {
      crc = crc32(chunk, crc);
      yield chunk;
    }
    if (crc !== entry.crc) this.file.refuse(`is damaged: the CRC-32 of ${shown(entry.name)} is wrong`);
  }

  /** A small entry as a whole. */
  async read(entry: ZipEntry, limit: number): Promise<Buffer> {
    if (entry.bytes > limit) {
      this.file.refuseAsTooLarge(
        `holds ${shown(entry.name)} with ${entry.bytes} bytes; at most ${limit} are read`,
      );
    }
    const content = Buffer.alloc(entry.bytes);
    let at = 0;
    for await (const chunk of this.chunks(entry)) {
      content.set(chunk, at);
      at += chunk.length;
    }
    return content;
  }

  private async *inflate(entry: ZipEntry, packed: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    const chunk = new Uint8Array(Math.min(CHUNK_BYTES, entry.bytes));
    let filled = 0;
    let total = 0;
    for await (const piece of this.inflatedPieces(entry, packed)) {
      total += piece.length;
      if (total > entry.bytes) break;
      for (let taken = 0; taken < piece.length; ) {
        const part = piece.subarray(taken, taken + chunk.length - filled);
        chunk.set(part, filled);
        taken += part.length;
        filled += part.length;
        if (filled < chunk.length) continue;
        yield chunk;
        filled = 0;
      }
    }
    if (total !== entry.bytes) {
      this.file.refuse(
        `holds ${shown(entry.name)}, which does not unpack to the ${entry.bytes} bytes declared`,
      );
    }
    if (filled > 0) yield chunk.subarray(0, filled);
  }

  private async *inflatedPieces(entry: ZipEntry, packed: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
    const inflate = createInflateRaw();
    // Streams read ahead, so each piece needs memory of its own.
    const piped = pipeline(Readable.from(copies(packed)), inflate);
    // The loop below reports the failure; here it must only not go unhandled.
    piped.catch(() => {});
    try {
      yield* inflate as AsyncIterable<Buffer>;
      await piped;
    } catch (cause) {
      this.file.refuse(`holds ${shown(entry.name)}, which cannot be unpacked`, cause);
    }
    if (inflate.bytesWritten !== entry.compressedBytes) {
      this.file.refuse(`holds ${shown(entry.name)}, which ends before its packed data does`);
    }
  }
}

async function checkEntry(file: ByteFile, listed: DirectoryEntry): Promise<{ entry: ZipEntry; end: number }> {
  const { name, flags, method, bytes, compressedBytes, mode } = listed;
  if (flags & (FLAG.encrypted | FLAG.strongEncryption | FLAG.maskedHeaders)) {
    file.refuse(`holds ${shown(name)}, which is encrypted`);
  }
  if (method !== METHOD.stored && method !== METHOD.deflated) {
    file.refuse(`holds ${shown(name)}, packed with method ${method}; only stored and deflated are read`);
  }
  const folder = name.endsWith('/');
  const type = mode & FILE_TYPE.mask;
  if (type !== 0 && type !== (folder ? FILE_TYPE.folder : FILE_TYPE.regular)) {
    file.refuse(`holds ${shown(name)}, which is a link or a device`);
  }
  if (folder && bytes !== 0) file.refuse(`holds a folder with content: ${shown(name)}`);
  if (method === METHOD.stored && bytes !== compressedBytes) {
    file.refuse(`holds ${shown(name)}, whose two sizes disagree`);
  }
  if (bytes > RATIO_FROM_BYTES && bytes > compressedBytes * MAX_RATIO) {
    file.refuseAsTooLarge(`holds ${shown(name)}, which unpacks to more than ${MAX_RATIO} times its size`);
  }
  const dataOffset = await checkLocalHeader(file, listed);
  const descriptor = flags & FLAG.descriptor ? MIN_DESCRIPTOR_BYTES : 0;
  return {
    entry: {
      name,
      folder,
      deflated: method === METHOD.deflated,
      bytes,
      compressedBytes,
      crc: listed.crc,
      dataOffset,
    },
    end: dataOffset + compressedBytes + descriptor,
  };
}

/** Where the data begin. Throws when the header before them says something else than the directory. */
async function checkLocalHeader(file: ByteFile, listed: DirectoryEntry): Promise<number> {
  const { headerOffset, nameBytes } = listed;
  const fixedBytes = LOCAL_BYTES + nameBytes.length;
  if (headerOffset > file.size - fixedBytes) file.refuse(`has ${shown(listed.name)} outside the file`);
  const header = await file.bytes(headerOffset, fixedBytes);
  const extraBytes = header.readUInt16LE(28);
  const same =
    header.readUInt32LE(0) === LOCAL_SIGNATURE &&
    header.readUInt16LE(6) === listed.flags &&
    header.readUInt16LE(8) === listed.method &&
    header.readUInt16LE(26) === nameBytes.length &&
    header.subarray(LOCAL_BYTES).equals(nameBytes);
  // Writers that cannot seek put sizes and CRC behind the data instead.
  if (!same || (!(listed.flags & FLAG.descriptor) && !(await sameSizes(file, header, listed)))) {
    file.refuse(`has a header that contradicts its directory: ${shown(listed.name)}`);
  }
  return headerOffset + fixedBytes + extraBytes;
}

async function sameSizes(file: ByteFile, header: Buffer, listed: DirectoryEntry): Promise<boolean> {
  if (header.readUInt32LE(14) !== listed.crc) return false;
  const short = [header.readUInt32LE(22), header.readUInt32LE(18)];
  const known = [listed.bytes, listed.compressedBytes];
  if (short.every((size, i) => size === known[i])) return true;
  const extraBegin = listed.headerOffset + header.length;
  const extraBytes = header.readUInt16LE(28);
  if (extraBegin + extraBytes > file.size) return false;
  const field = zip64Field(file, await file.bytes(extraBegin, extraBytes));
  return (
    field !== undefined &&
    field.length >= 16 &&
    known.every((size, i) => field.readBigUInt64LE(8 * i) === BigInt(size))
  );
}
