import { describe, expect, it } from 'vitest';
import { readAll, testFolder, withCheckpoint } from '../../test/checkpoint-folder.js';
import { safetensors } from '../../test/writers/safetensors.js';
import { TensorSpec, torchZip } from '../../test/writers/torch.js';

const { folder } = testFolder();
const INDEX = 'model.safetensors.index.json';

const floats = (...values: number[]) => new Uint8Array(Float32Array.from(values).buffer);
const shard = (name: string, ...values: number[]) =>
  safetensors(
    { [name]: { dtype: 'F32', shape: [values.length], data_offsets: [0, 4 * values.length] } },
    floats(...values),
  );
const files = { 'one.safetensors': shard('a', 1, 2), 'two.safetensors': shard('b', 3) };
const weightMap = { a: 'one.safetensors', b: 'two.safetensors' };

const open = async (index: unknown) =>
  readAll(await folder({ ...files, [INDEX]: typeof index === 'string' ? index : JSON.stringify(index) }));

describe('a sharded checkpoint', () => {
  it('reads each tensor from the file the index names', async () => {
    const dir = await folder({
      ...files,
      [INDEX]: JSON.stringify({
        metadata: { total_size: 12, x: [{}, 'y', null, -1e3] },
        weight_map: weightMap,
      }),
    });
    await withCheckpoint(dir, undefined, async (checkpoint) => {
      expect(checkpoint.files).toEqual([INDEX, 'one.safetensors', 'two.safetensors']);
      expect(checkpoint.names).toEqual(['a', 'b']);
      expect(checkpoint.info('b')).toEqual({ dtype: 'F32', shape: [1] });
      expect(checkpoint.info('c')).toBeUndefined();
      expect(await checkpoint.read('a')).toEqual(Float32Array.of(1, 2));
      expect(await checkpoint.read('b')).toEqual(Float32Array.of(3));
      await expect(checkpoint.read('c')).rejects.toMatchObject({ code: 'missing-tensors' });
    });
  });

  it('may consist of torch files', async () => {
    const tensor = new TensorSpec({ key: '0', type: 'Float', data: floats(5) }, [1]);
    const dir = await folder({
      'pytorch_model-00001-of-00001.bin': torchZip(new Map([['a', tensor]])),
      'pytorch_model.bin.index.json': JSON.stringify({
        weight_map: { a: 'pytorch_model-00001-of-00001.bin' },
      }),
    });
    expect((await readAll(dir)).get('a')).toEqual(Float32Array.of(5));
  });

  it.each([
    '../one.safetensors',
    '/etc/passwd',
    'sub/one.safetensors',
    '..\\one.safetensors',
    'C:one.safetensors',
    '..',
    '.hidden',
    '',
    'one.safetensors\u0000',
    'x'.repeat(300),
  ])('is refused for the path %j', async (path) => {
    await expect(open({ weight_map: { a: path } })).rejects.toMatchObject({ code: 'unsafe-path' });
  });

  it('names the shards and tensors that are missing', async () => {
    await expect(open({ weight_map: { ...weightMap, c: 'three.safetensors' } })).rejects.toMatchObject({
      code: 'missing-tensors',
      message: `${INDEX}: the folder does not hold three.safetensors`,
    });
    await expect(open({ weight_map: { ...weightMap, c: 'one.safetensors' } })).rejects.toMatchObject({
      code: 'missing-tensors',
      message: `${INDEX}: c is not in one.safetensors`,
    });
  });

  it.each<[string, unknown]>([
    ['not JSON', 'weights'],
    ['empty', ''],
    ['a list', []],
    ['without a weight_map', { metadata: {} }],
    ['with an empty weight_map', { weight_map: {} }],
    ['with a list for a weight_map', { weight_map: [['a', 'one.safetensors']] }],
    ['with a number for a file', { weight_map: { a: 1 } }],
    ['with two weight_maps', '{"weight_map":{"a":"one.safetensors"},"weight_map":{"b":"two.safetensors"}}'],
    ['with a tensor twice', '{"weight_map":{"a":"one.safetensors","a":"two.safetensors"}}'],
    ['nested deeply', `{"metadata":${'['.repeat(100_000)}`],
    ['larger than 4 MiB', { metadata: 'x'.repeat(4 * 1024 * 1024), weight_map: weightMap }],
    [
      'of 20,001 tensors',
      {
        weight_map: Object.fromEntries(
          Array.from({ length: 20_001 }, (_, i) => [`t${i}`, 'one.safetensors']),
        ),
      },
    ],
    [
      'of 101 shards',
      {
        weight_map: Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`t${i}`, `${i}.safetensors`])),
      },
    ],
    ['cut off', JSON.stringify({ weight_map: weightMap }).slice(0, -1)],
    ['followed by more', `${JSON.stringify({ weight_map: weightMap })}x`],
  ])('is refused when its index is %s', async (_what, index) => {
    await expect(open(index)).rejects.toMatchObject({
      code: 'invalid-weights',
      message: expect.stringContaining(INDEX),
    });
  });

  it('is refused when a shard is malformed', async () => {
    const dir = await folder({
      ...files,
      'two.safetensors': 'x',
      [INDEX]: JSON.stringify({ weight_map: weightMap }),
    });
    await expect(readAll(dir)).rejects.toMatchObject({
      code: 'invalid-weights',
      message: expect.stringContaining('two.safetensors'),
    });
  });
});
