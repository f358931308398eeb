import { crc32, deflateRawSync } from 'node:zlib';

export interface ZipFile {
  name: string;
  data?: Uint8Array;
  deflate?: boolean;
  /** Packed data to write in place of what `data` packs to. */
  packed?: Uint8Array;
  /** Sizes and CRC come after the data. */
  descriptor?: boolean;
  flags?: number;
  method?: number;
  crc?: number;
  /** Sizes to declare, in the header and in the directory. */
  bytes?: number;
  compressedBytes?: number;
  /** Where the directory says the header is. */
  headerOffset?: number;
  /** Name in the header, if another. */
  localName?: string;
  /** Size in the header, if another. */
  localBytes?: number;
  /** Unix mode. */
  mode?: number;
}
export interface ZipOptions {
  zip64?: boolean;
  comment?: string;
  prefix?: Buffer;
  /** Changes the end record. */
  end?: { count?: number; size?: number; offset?: number; disk?: number };
}

/** A zip file with anything wrong that is asked for. */
export function zip(
  files: ZipFile[],
  { zip64 = false, comment = '', prefix, end = {} }: ZipOptions = {},
): Buffer {
  const parts: Buffer[] = prefix ? [prefix] : [];
  let at = prefix?.length ?? 0;
  const directory = files.map((file) => {
    const data = file.data ?? new Uint8Array(0);
    const packed = file.packed ?? (file.deflate ? deflateRawSync(data) : data);
    const fields = {
      flags: file.flags ?? (file.descriptor ? 8 : 0),
      method: file.method ?? (file.deflate ? 8 : 0),
      crc: file.crc ?? crc32(data),
      compressedBytes: file.compressedBytes ?? packed.length,
      bytes: file.bytes ?? data.length,
    };
    const name = Buffer.from(file.localName ?? file.name);
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(20, 4);
    local.writeUInt16LE(fields.flags, 6);
    local.writeUInt16LE(fields.method, 8);
    if (!file.descriptor) {
      local.writeUInt32LE(fields.crc, 14);
      local.writeUInt32LE(zip64 ? 0xffffffff : fields.compressedBytes, 18);
      local.writeUInt32LE(zip64 ? 0xffffffff : (file.localBytes ?? fields.bytes), 22);
    }
    local.writeUInt16LE(name.length, 26);
    const extra = zip64
      ? zip64Extra(file.localBytes ?? fields.bytes, fields.compressedBytes)
      : Buffer.alloc(0);
    local.writeUInt16LE(extra.length, 28);
    const descriptor = Buffer.alloc(file.descriptor ? 16 : 0);
    if (file.descriptor) {
      descriptor.writeUInt32LE(0x08074b50, 0);
      descriptor.writeUInt32LE(fields.crc, 4);
      descriptor.writeUInt32LE(fields.compressedBytes, 8);
      descriptor.writeUInt32LE(fields.bytes, 12);
    }
    const offset = at;
    for (const part of [local, name, extra, Buffer.from(packed), descriptor]) {
      parts.push(part);
      at += part.length;
    }
    return central(file, fields, file.headerOffset ?? offset, zip64);
  });
  const entries = Buffer.concat(directory);
  const facts = { count: files.length, size: entries.length, offset: at, disk: 0, ...end };
  parts.push(entries, ...(zip64 ? end64(facts, at + entries.length) : []));
  const record = Buffer.alloc(22);
  record.writeUInt32LE(0x06054b50, 0);
  record.writeUInt16LE(facts.disk, 4);
  record.writeUInt16LE(Math.min(facts.count, 0xffff), 8);
  record.writeUInt16LE(Math.min(facts.count, 0xffff), 10);
  record.writeUInt32LE(facts.size, 12);
  record.writeUInt32LE(zip64 ? 0xffffffff : facts.offset, 16);
  record.writeUInt16LE(comment.length, 20);
  return Buffer.concat([...parts, record, Buffer.from(comment)]);
}

function central(
  file: ZipFile,
  fields: { flags: number; method: number; crc: number; compressedBytes: number; bytes: number },
  offset: number,
  zip64: boolean,
): Buffer {
  const name = Buffer.from(file.name);
  const extra = zip64 ? zip64Extra(fields.bytes, fields.compressedBytes, offset) : Buffer.alloc(0);
  const record = Buffer.alloc(46);
  record.writeUInt32LE(0x02014b50, 0);
  record.writeUInt16LE(file.mode === undefined ? 20 : 0x0314, 4);
  record.writeUInt16LE(20, 6);
  record.writeUInt16LE(fields.flags, 8);
  record.writeUInt16LE(fields.method, 10);
  record.writeUInt32LE(fields.crc, 16);
  record.writeUInt32LE(zip64 ? 0xffffffff : fields.compressedBytes, 20);
  record.writeUInt32LE(zip64 ? 0xffffffff : fields.bytes, 24);
  record.writeUInt16LE(name.length, 28);
  record.writeUInt16LE(extra.length, 30);
  record.writeUInt32LE(((file.mode ?? 0) << 16) >>> 0, 38);
  record.writeUInt32LE(zip64 ? 0xffffffff : offset, 42);
  return Buffer.concat([record, name, extra]);
}

function zip64Extra(...sizes: number[]): Buffer {
  const extra = Buffer.alloc(4 + 8 * sizes.length);
  extra.writeUInt16LE(1, 0);
  extra.writeUInt16LE(8 * sizes.length, 2);
  for (const [i, size] of sizes.entries()) extra.writeBigUInt64LE(BigInt(size), 4 + 8 * i);
  return extra;
}

function end64(facts: { count: number; size: number; offset: number }, position: number): Buffer[] {
  const record = Buffer.alloc(56);
  record.writeUInt32LE(0x06064b50, 0);
  record.writeBigUInt64LE(44n, 4);
  record.writeBigUInt64LE(BigInt(facts.count), 24);
  record.writeBigUInt64LE(BigInt(facts.count), 32);
  record.writeBigUInt64LE(BigInt(facts.size), 40);
  record.writeBigUInt64LE(BigInt(facts.offset), 48);
  const locator = Buffer.alloc(20);
  locator.writeUInt32LE(0x07064b50, 0);
  locator.writeBigUInt64LE(BigInt(position), 8);
  locator.writeUInt32LE(1, 16);
  return [record, locator];
}
