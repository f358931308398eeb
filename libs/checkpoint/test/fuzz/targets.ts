import { gunzipSync, gzipSync } from 'node:zlib';
import { mutate, type Random, type ZipFile, zip } from '@heddle/testing';
import { Call, Global, ORDERED_DICT, pickle, Raw, Tuple } from '../writers/pickle.js';
import { safetensors } from '../writers/safetensors.js';
import { paxFile, type TarFile, tar } from '../writers/tar.js';
import { pickled, TensorSpec, torchLegacy, torchTar, torchZip } from '../writers/torch.js';

export interface Target {
  name: string;
  /** How the mutant is given to the library. */
  use: 'checkpoint' | 'object' | 'archive';
  file: string;
  /** Other files of the folder. */
  rest?: Record<string, Buffer>;
  mutant(random: Random): Buffer;
}

const floats = (...values: number[]) => new Uint8Array(Float32Array.from(values).buffer);
const shared = { key: '100', type: 'Float', data: floats(1, 2, 3, 4, 5, 6, 7, 8) };
const state = new Map([
  ['layer.0.weight', new TensorSpec(shared, [2, 3], [1, 2], 1)],
  ['layer.0.bias', new TensorSpec(shared, [2], [0], 3)],
  ['half', new TensorSpec({ key: '101', type: 'Half', data: new Uint8Array(12) }, [2, 3])],
  ['ids', new TensorSpec({ key: '102', type: 'Long', data: new Uint8Array(16) }, [2])],
]);
const parameter = new Call(
  new Global('torch._utils', '_rebuild_parameter'),
  pickled(state, false).get('half'),
  true,
  new Call(ORDERED_DICT),
);
const objects = pickle(
  new Map<string, unknown>([
    ...pickled(state, false),
    ['parameter', parameter],
    [
      'config',
      new Map<string, unknown>([
        ['hidden_size', 768],
        ['ratio', 0.5],
        ['terms', ['c2p', 'p2c']],
      ]),
    ],
    [
      'py2',
      new Call(ORDERED_DICT, [
        ['a', 1],
        ['b', 2],
      ]),
    ],
    ['state', new Raw(Buffer.from('ccollections\nOrderedDict\n)R}b', 'latin1'))],
  ]),
);
const plain = pickle(
  new Map<string, unknown>([
    ['dict_map', [new Tuple('13', 4055), 'x'.repeat(300)]],
    ['big', 2n ** 70n],
  ]),
);
const header = {
  __metadata__: { format: 'pt' },
  a: { dtype: 'F32', shape: [2, 2], data_offsets: [0, 16] },
  b: { dtype: 'F16', shape: [4], data_offsets: [16, 24] },
  c: { dtype: 'I64', shape: [], data_offsets: [24, 32] },
};
const data = Buffer.alloc(32, 1);
const honestSafetensors = safetensors(header, data);
const files: ZipFile[] = [
  { name: 'model/', mode: 0o040755 },
  { name: 'model/config.json', data: Buffer.from('{"model_type":"deberta-v2"}'), mode: 0o100644 },
  { name: 'model/spm.model', data: Buffer.alloc(900, 3), deflate: true },
  { name: 'model/model.safetensors', data: honestSafetensors, descriptor: true, deflate: true },
];
const tarFiles: TarFile[] = [
  { name: 'model/', type: '5' },
  { name: 'model/config.json', data: Buffer.from('{}') },
  ...paxFile(`model/${'x'.repeat(120)}.json`, Buffer.from('{}')),
  { name: '././@LongLink', type: 'L', data: Buffer.from(`model/${'y'.repeat(120)}\0`) },
  { name: 'model/y', data: honestSafetensors },
];
const archive = tar(tarFiles);
const index = Buffer.from(
  JSON.stringify({ metadata: { total_size: 32 }, weight_map: { a: 's.safetensors', b: 's.safetensors' } }),
);

const checkpoint = (name: string, file: string, honest: Buffer): Target => ({
  name,
  use: 'checkpoint',
  file,
  mutant: (random) => mutate(honest, random),
});

/** Half of them only change bytes; the others repair the checks that would find every change at once. */
export const TARGETS: Target[] = [
  checkpoint('safetensors', 'model.safetensors', honestSafetensors),
  {
    ...checkpoint('safetensors header', 'model.safetensors', data),
    mutant: (random) => safetensors(mutate(Buffer.from(JSON.stringify(header)), random), data),
  },
  {
    ...checkpoint('index', 'model.safetensors.index.json', index),
    rest: { 's.safetensors': honestSafetensors },
  },
  checkpoint('torch zip', 'pytorch_model.bin', torchZip(state)),
  checkpoint('torch zip64, deflated', 'pytorch_model.bin', torchZip(state, { zip64: true, deflate: true })),
  {
    ...checkpoint('pickle in a torch zip', 'pytorch_model.bin', objects),
    mutant: (random) => torchZip(state, { dataPkl: mutate(objects, random), deflate: random.chance(4) }),
  },
  {
    ...checkpoint('storage in a torch zip', 'pytorch_model.bin', data),
    mutant: (random) => {
      const changed = mutate(Buffer.from(shared.data), random);
      return torchZip(state, {
        entries: [{ name: 'archive/data/100', data: changed, deflate: random.chance(2) }],
      });
    },
  },
  checkpoint('torch non-zip', 'pytorch_model.bin', torchLegacy(state)),
  checkpoint('torch tar', 'pytorch_model.bin', torchTar(state)),
  {
    ...checkpoint('torch tar with right checksums', 'pytorch_model.bin', data),
    mutant: (random) => withChecksums(mutate(torchTar(state), random)),
  },
  { name: 'bare pickle', use: 'object', file: 'bpe_encoder.bin', mutant: (random) => mutate(plain, random) },
  { name: 'zip archive', use: 'archive', file: 'upload.zip', mutant: (random) => mutate(zip(files), random) },
  { name: 'zip archive of lies', use: 'archive', file: 'upload.zip', mutant: lyingZip },
  { name: 'tar archive', use: 'archive', file: 'upload.tar', mutant: (random) => mutate(archive, random) },
  {
    name: 'tar archive with right checksums',
    use: 'archive',
    file: 'upload.tar',
    mutant: (random) => withChecksums(mutate(archive, random)),
  },
  {
    name: 'tar.gz archive',
    use: 'archive',
    file: 'upload.tgz',
    mutant: (random) =>
      random.chance(2)
        ? mutate(gzipSync(archive), random)
        : gzipSync(withChecksums(mutate(gunzipSync(gzipSync(archive)), random))),
  },
];

/** Repairs the checksum of every block that looks like a header. */
function withChecksums(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  for (let at = 0; at + 512 <= copy.length; at += 512) {
    const block = copy.subarray(at, at + 512);
    if (block.toString('latin1', 257, 262) !== 'ustar') continue;
    block.fill(' ', 148, 156);
    const sum = block.reduce((total, byte) => total + byte, 0);
    block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  }
  return copy;
}

/** A zip whose fields contradict one another in places of the random source's choice. */
function lyingZip(random: Random): Buffer {
  const size = () => random.pick([0, 1, 8, 31, 900, 2 ** 31, 2 ** 32 - 1, random.below(2000)]);
  const lied = files.map((file): ZipFile => {
    if (!random.chance(2)) return file;
    return {
      ...file,
      ...(random.chance(4) && { bytes: size() }),
      ...(random.chance(4) && { compressedBytes: size() }),
      ...(random.chance(4) && { headerOffset: size() }),
      ...(random.chance(4) && { localBytes: size() }),
      ...(random.chance(4) && { crc: size() }),
      ...(random.chance(4) && { flags: random.pick([0, 1, 8, 0x40, 0x800]) }),
      ...(random.chance(4) && { method: random.pick([0, 8, 9, 12, 99]) }),
      ...(random.chance(4) && { mode: random.below(0x10000) }),
      ...(random.chance(4) && {
        name: random.pick(['../x', 'model/CONFIG.json', 'a/b/c', '/x', 'model', '']),
      }),
    };
  });
  const end = random.chance(4)
    ? { [random.pick(['count', 'size', 'offset', 'disk'])]: random.below(3000) }
    : {};
  return zip(random.chance(3) ? [...lied, random.pick(lied)] : lied, { zip64: random.chance(2), end });
}
