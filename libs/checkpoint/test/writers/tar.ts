export interface TarFile {
  name: string;
  data?: Uint8Array;
  /** `0` a file (default), `5` a folder, `1` and `2` links, `x` and `g` pax records, `L` a long name, … */
  type?: string;
  /** Size to declare. */
  size?: number | bigint;
  link?: string;
  prefix?: string;
  checksum?: number;
}

/** A tar with anything wrong that is asked for; `end` is what follows the last entry. */
export function tar(files: TarFile[], end: Buffer = Buffer.alloc(1024)): Buffer {
  return Buffer.concat([...files.map(entry), end]);
}

/** A file whose name only fits into a pax record. */
export function paxFile(name: string, data: Uint8Array): TarFile[] {
  return [
    { name: 'PaxHeader', type: 'x', data: paxRecords({ path: name }) },
    { name: name.slice(0, 99), data },
  ];
}

export function paxRecords(records: Record<string, string>): Buffer {
  return Buffer.concat(
    Object.entries(records).map(([key, value]) => {
      const rest = Buffer.from(` ${key}=${value}\n`);
      let length = rest.length + 1;
      while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
      return Buffer.concat([Buffer.from(String(length)), rest]);
    }),
  );
}

function entry({
  name,
  data = new Uint8Array(0),
  type = '0',
  size,
  link = '',
  prefix = '',
  checksum,
}: TarFile): Buffer {
  const header = Buffer.alloc(512);
  header.write(name, 0, 100);
  header.write('0000644\0', 100);
  header.write('0000000\0', 108);
  header.write('0000000\0', 116);
  writeSize(header, size ?? data.length);
  header.write('00000000000\0', 136);
  header.write(type, 156);
  header.write(link, 157, 100);
  header.write('ustar\x0000', 257);
  header.write(prefix, 345, 155);
  header.fill(' ', 148, 156);
  const sum = checksum ?? header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return Buffer.concat([header, data, Buffer.alloc((512 - (data.length % 512)) % 512)]);
}

function writeSize(header: Buffer, size: number | bigint): void {
  if (typeof size === 'number' && size < 8 ** 11) {
    header.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
    return;
  }
  header[124] = 0x80;
  header.writeBigUInt64BE(BigInt(size), 128);
}
