/** Writes weights as torch ≥ 1.6 does: a zip of stored files, a pickle that names tensors and one file a storage. */
import { open } from 'node:fs/promises';
import { crc32 } from 'node:zlib';

const STORAGES = { F32: 'FloatStorage', F16: 'HalfStorage' };
/** Begin of every file's bytes, so that they can be mapped. */
const ALIGNMENT = 64;

/** `tensors`: name, shape, bytes and `pieces()`, which gives the bytes. Below 4 GiB: there is no zip64 here. */
export async function writeTorchZip(path, tensors, dtype) {
  const pickle = pickleOf(tensors, dtype);
  const entries = [
    { name: 'archive/data.pkl', bytes: pickle.length, pieces: () => [pickle] },
    ...tensors.map(({ bytes, pieces }, i) => ({ name: `archive/data/${i}`, bytes, pieces })),
    { name: 'archive/version', bytes: 2, pieces: () => [Buffer.from('3\n')] },
  ];
  const file = await open(path, 'w');
  try {
    const directory = [];
    let offset = 0;
    const write = async (data) => {
      await file.write(data);
      offset += data.length;
    };
    for (const { name, bytes, pieces } of entries) {
      let checksum = 0;
      for (const piece of pieces()) checksum = crc32(piece, checksum);
      const fields = fieldsOf(name, bytes, checksum);
      directory.push(centralHeader(fields, name, offset));
      await write(localHeader(fields, name, offset));
      for (const piece of pieces()) await write(piece);
    }
    const begin = offset;
    for (const header of directory) await write(header);
    await write(endOfDirectory(directory.length, offset - begin, begin));
  } finally {
    await file.close();
  }
}

/** What local and central header share: version, flags, method, time, date, checksum, sizes, length of the name. */
function fieldsOf(name, bytes, checksum) {
  const fields = Buffer.alloc(24);
  fields.writeUInt16LE(20, 0);
  fields.writeUInt16LE(0x21, 8);
  fields.writeUInt32LE(checksum, 10);
  fields.writeUInt32LE(bytes, 14);
  fields.writeUInt32LE(bytes, 18);
  fields.writeUInt16LE(name.length, 22);
  return fields;
}

function localHeader(fields, name, offset) {
  const size = 30 + name.length;
  const extra = Buffer.alloc(4 + ((2 * ALIGNMENT - 4 - ((offset + size) % ALIGNMENT)) % ALIGNMENT));
  extra.write('FB');
  extra.writeUInt16LE(extra.length - 4, 2);
  const extraLength = Buffer.alloc(2);
  extraLength.writeUInt16LE(extra.length);
  return Buffer.concat([Buffer.from('PK\x03\x04'), fields, extraLength, Buffer.from(name), extra]);
}

function centralHeader(fields, name, offset) {
  const rest = Buffer.alloc(16);
  rest.writeUInt32LE(offset, 12);
  return Buffer.concat([Buffer.from('PK\x01\x02\x14\x00', 'latin1'), fields, rest, Buffer.from(name)]);
}

function endOfDirectory(count, bytes, offset) {
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(count, 8);
  end.writeUInt16LE(count, 10);
  end.writeUInt32LE(bytes, 12);
  end.writeUInt32LE(offset, 16);
  return end;
}

/** Pickle, protocol 2: a dictionary of names and calls of torch._utils._rebuild_tensor_v2. */
function pickleOf(tensors, dtype) {
  const width = dtype === 'F16' ? 2 : 4;
  const rebuilt = ({ name, shape, bytes }, i) => {
    const strides = shape.map((_, at) => shape.slice(at + 1).reduce((product, size) => product * size, 1));
    const storage = [
      text('storage'),
      globalOf('torch', STORAGES[dtype]),
      text(`${i}`),
      text('cpu'),
      int(bytes / width),
    ];
    return [
      text(name),
      globalOf('torch._utils', '_rebuild_tensor_v2'),
      tuple(
        tuple(...storage),
        'Q',
        int(0),
        tuple(...shape.map(int)),
        tuple(...strides.map(int)),
        '\x89',
        emptyOrderedDict(),
      ),
      'R',
    ];
  };
  return Buffer.from(['\x80\x02}(', ...tensors.flatMap(rebuilt), 'u.'].join(''), 'latin1');
}

function tuple(...items) {
  return `(${items.join('')}t`;
}

function text(value) {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(value.length);
  return `X${length.toString('latin1')}${value}`;
}

function int(value) {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return `J${bytes.toString('latin1')}`;
}

function globalOf(module, name) {
  return `c${module}\n${name}\n`;
}

function emptyOrderedDict() {
  return `${globalOf('collections', 'OrderedDict')})R`;
}
