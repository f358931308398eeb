import { zip } from '@heddle/testing';
import { describe, expect, it } from 'vitest';
import { readAll, testFolder, withCheckpoint } from '../../test/checkpoint-folder.js';
import { floats, storage } from '../../test/tensors.js';
import { Call, Global, ORDERED_DICT, ops, pickle, Raw, Tuple } from '../../test/writers/pickle.js';
import {
  pickled,
  type StateDict,
  TensorSpec,
  torchLegacy,
  torchTar,
  torchZip,
} from '../../test/writers/torch.js';

const { folder } = testFolder();
const read = async (file: Buffer) => readAll(await folder({ 'pytorch_model.bin': file }));
const uint32 = (value: number) => Buffer.from(Uint32Array.of(value).buffer);
const refusal = (file: Buffer) =>
  read(file).then(
    () => 'was read',
    (error: { code?: string }) => error.code ?? String(error),
  );

describe('a torch zip', () => {
  const state: StateDict = new Map([['a', new TensorSpec(storage('0', 1, 2), [2])]]);

  it('may be big-endian', async () => {
    const swapped = Buffer.from(floats(1, -2)).swap32();
    const big = new TensorSpec({ key: '0', type: 'Float', data: swapped }, [2]);
    const values = await read(torchZip(new Map([['a', big]]), { byteOrder: 'big' }));
    expect(values.get('a')).toEqual(Float32Array.of(1, -2));
    expect(await refusal(torchZip(state, { byteOrder: 'middle' }))).toBe('invalid-weights');
  });

  it('keeps parameters, state and other entries from the tensors, and shows the configuration', async () => {
    const [tensor] = [...pickled(state, false).values()];
    const parameter = new Call(
      new Global('torch._utils', '_rebuild_parameter'),
      tensor,
      true,
      new Call(ORDERED_DICT),
    );
    const object = new Map<string, unknown>([
      ['a', tensor],
      ['p', parameter],
      ['epoch', 3],
      [
        'config',
        new Map<string, unknown>([
          ['hidden_size', 768],
          ['pos_att_type', ['c2p', 'p2c']],
        ]),
      ],
    ]);
    const file = torchZip(state, { dataPkl: pickle(object) });
    await withCheckpoint(await folder({ 'pytorch_model.bin': file }), undefined, async (checkpoint) => {
      expect(checkpoint.names).toEqual(['a', 'p']);
      expect(checkpoint.config).toEqual(
        new Map<string, unknown>([
          ['hidden_size', 768],
          ['pos_att_type', ['c2p', 'p2c']],
        ]),
      );
      expect(await checkpoint.read('p')).toEqual(Float32Array.of(1, 2));
    });
  });

  it.each<[string, Buffer]>([
    ['holds no data.pkl', zip([{ name: 'archive/version', data: Buffer.from('3') }])],
    ['has two data.pkl', torchZip(state, { entries: [{ name: 'other/data.pkl', data: pickle(new Map()) }] })],
    ['misses a storage', torchZip(new Map(), { dataPkl: pickle(pickled(state, false)) })],
    [
      'has a storage that is too short',
      torchZip(state, { entries: [{ name: 'archive/data/0', data: floats(1) }] }),
    ],
    [
      'has a storage that is too long',
      torchZip(state, { entries: [{ name: 'archive/data/0', data: floats(1, 2, 3) }] }),
    ],
    [
      'has a wrong CRC-32',
      torchZip(state, { entries: [{ name: 'archive/data/0', data: floats(1, 2), crc: 5 }] }),
    ],
    [
      'has bytes after its pickle',
      torchZip(state, { dataPkl: Buffer.concat([pickle(pickled(state, false)), Buffer.from('x')]) }),
    ],
    ['holds no tensors', torchZip(state, { dataPkl: pickle(new Map([['a', 1]])) })],
    ['holds a list', torchZip(state, { dataPkl: pickle([...pickled(state, false).values()]) })],
    [
      'names a tensor with a number',
      torchZip(state, { dataPkl: pickle(new Map([[1, pickled(state, false).get('a')]])) }),
    ],
    [
      'refers to something else than a storage',
      torchZip(state, { dataPkl: pickle(new Map([['a', new Raw(Buffer.from('NQ'))]])) }),
    ],
  ])('is refused when it %s', async (_what, file) => {
    expect(await refusal(file)).toBe('invalid-weights');
  });

  it('is refused when one storage is declared in two ways', async () => {
    const a = pickled(new Map([['a', new TensorSpec(storage('0', 1, 2), [2])]]), false);
    const b = pickled(new Map([['b', new TensorSpec({ ...storage('0', 1, 2), type: 'Int' }, [2])]]), false);
    const file = torchZip(state, { dataPkl: pickle(new Map([...a, ...b])) });
    expect(await refusal(file)).toBe('invalid-weights');
  });

  it('keeps the size a tensor had when it was made, whatever becomes of the list that held it', async () => {
    const id = ops('(X', uint32(7), 'storagectorch\nFloatStorage\nX', uint32(1), '0NK', 2, 'tQ');
    const call = ops(
      'ctorch._utils\n_rebuild_tensor\n(',
      id,
      'K',
      0,
      ']q',
      1,
      'K',
      2,
      'a',
      'K',
      1,
      0x85,
      'tR',
    );
    const changed = ops('h', 1, '(NX', uint32(1), 'xe0');
    const dataPkl = ops(0x80, 2, '}X', uint32(1), 'a', call, changed, 's.');
    expect((await read(torchZip(state, { dataPkl }))).get('a')).toEqual(Float32Array.of(1, 2));
  });

  it('is unsupported when it is a TorchScript program or holds quantised tensors', async () => {
    const program = torchZip(state, {
      entries: [{ name: 'archive/constants.pkl', data: pickle(new Tuple()) }],
    });
    expect(await refusal(program)).toBe('unsupported-weights');
    const quantised = new Map([['a', new Call(new Global('torch._utils', '_rebuild_qtensor'))]]);
    expect(await refusal(torchZip(state, { dataPkl: pickle(quantised) }))).toBe('unsupported-weights');
  });
});

describe('a torch non-zip file', () => {
  const a = new TensorSpec(storage('100', 1, 2, 3, 4), [2], [1], 1, { begin: 1, elements: 3 });

  it('may mean a part of a storage', async () => {
    expect((await read(torchLegacy(new Map([['a', a]])))).get('a')).toEqual(Float32Array.of(3, 4));
    const tar = new Map([['a', a]]);
    expect((await read(torchTar(tar))).get('a')).toEqual(Float32Array.of(3, 4));
  });

  it.each<[string, Buffer]>([
    ['lists a storage twice', torchLegacy(new Map([['a', a]]), { keys: ['100', '100'] })],
    ['lists a storage nobody uses', torchLegacy(new Map([['a', a]]), { keys: ['100', '7'] })],
    ['lists no storage', torchLegacy(new Map([['a', a]]), { keys: [] })],
    ['has an unknown version', torchLegacy(new Map([['a', a]]), { protocolVersion: 1002 })],
    ['has bytes after the last storage', Buffer.concat([torchLegacy(new Map([['a', a]])), Buffer.alloc(1)])],
    [
      'has a view beyond the storage',
      torchLegacy(new Map([['a', new TensorSpec(a.storage, [2], [1], 0, { begin: 3, elements: 2 })]])),
    ],
    [
      'declares more elements than there are',
      torchLegacy(new Map([['a', new TensorSpec({ ...a.storage, elements: 2 ** 44 }, [2])]])),
    ],
    ['starts with another pickle', pickle(new Map([['a', 1]]))],
    ['is text', Buffer.from('hello, world')],
  ])('is refused when it %s', async (_what, file) => {
    expect(await refusal(file)).toBe('invalid-weights');
  });

  it('is named when it is a Git LFS pointer', async () => {
    const pointer = 'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 3\n';
    await expect(read(Buffer.from(pointer))).rejects.toMatchObject({
      code: 'invalid-weights',
      message: expect.stringContaining('Git LFS'),
    });
  });
});
