import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readAll, testFolder, withCheckpoint } from '../../test/checkpoint-folder.js';
import { bytesOf, storage } from '../../test/tensors.js';
import { type StorageSpec, TensorSpec, torchLegacy, torchTar, torchZip } from '../../test/writers/torch.js';

const { folder } = testFolder();
const read = async (file: Buffer) => readAll(await folder({ 'pytorch_model.bin': file }));
const refusal = (file: Buffer) =>
  read(file).then(
    () => 'was read',
    (error: { code?: string }) => error.code ?? String(error),
  );

const counting = (key: string, count: number): StorageSpec => ({
  key,
  type: 'Float',
  data: bytesOf(Float32Array.from({ length: count }, (_, i) => i)),
});

type Container = [name: string, write: (state: Map<string, TensorSpec>) => Buffer];
const CONTAINERS: Container[] = [
  ['zip', (state) => torchZip(state)],
  ['zip64', (state) => torchZip(state, { zip64: true })],
  ['deflated zip', (state) => torchZip(state, { deflate: true })],
  ['zip with another root', (state) => torchZip(state, { root: 'pytorch_model', byteOrder: 'little' })],
  ['non-zip file', (state) => torchLegacy(state)],
  ['tar', (state) => torchTar(state)],
];

describe.each(CONTAINERS)('a torch %s', (container, write) => {
  it('gives names, dtypes, shapes and values', async () => {
    const state = new Map([
      ['a', new TensorSpec(storage('10', 1, -2, 0.5, 3), [2, 2])],
      ['b', new TensorSpec(storage('11', 7), [])],
      ['empty', new TensorSpec(storage('12'), [0, 3])],
      ['__proto__', new TensorSpec({ key: '13', type: 'Long', data: bytesOf(BigInt64Array.of(5n)) }, [1])],
    ]);
    await withCheckpoint(
      await folder({ 'pytorch_model.bin': write(state) }),
      undefined,
      async (checkpoint) => {
        expect(checkpoint.files).toEqual(['pytorch_model.bin']);
        expect(checkpoint.names).toEqual(['a', 'b', 'empty', '__proto__']);
        expect(checkpoint.info('a')).toEqual({ dtype: 'F32', shape: [2, 2] });
        expect(checkpoint.info('__proto__')).toEqual({ dtype: 'I64', shape: [1] });
        expect(checkpoint.info('toString')).toBeUndefined();
        expect(await checkpoint.read('a')).toEqual(Float32Array.of(1, -2, 0.5, 3));
        expect(await checkpoint.read('b')).toEqual(Float32Array.of(7));
        expect(await checkpoint.read('empty')).toEqual(new Float32Array(0));
        await expect(checkpoint.read('__proto__')).rejects.toMatchObject({ code: 'unsupported-weights' });
        await expect(checkpoint.read('c')).rejects.toMatchObject({ code: 'missing-tensors' });
      },
    );
  });

  it('widens halves and bfloat16 exactly and rounds doubles', async () => {
    const state = new Map([
      [
        'half',
        new TensorSpec({ key: '1', type: 'Half', data: bytesOf(Uint16Array.of(0x3c00, 0x0001)) }, [2]),
      ],
      ['brain', new TensorSpec({ key: '2', type: 'BFloat16', data: bytesOf(Uint16Array.of(0xc049)) }, [1])],
      ['double', new TensorSpec({ key: '3', type: 'Double', data: bytesOf(Float64Array.of(0.1)) }, [1])],
    ]);
    expect([...(await read(write(state)))]).toEqual([
      ['half', Float32Array.of(1, 2 ** -24)],
      ['brain', Float32Array.of(-3.140625)],
      ['double', Float32Array.of(0.1)],
    ]);
  });

  it('reads views of one storage: offsets, transposed and repeated elements', async () => {
    const shared = counting('20', 12);
    const state = new Map([
      ['whole', new TensorSpec(shared, [3, 4])],
      ['row', new TensorSpec(shared, [4], [1], 4)],
      ['transposed', new TensorSpec(shared, [4, 3], [1, 4])],
      ['column', new TensorSpec(shared, [3], [4], 1)],
      ['expanded', new TensorSpec(shared, [2, 3], [0, 1], 5)],
      ['constant', new TensorSpec(shared, [2, 2], [0, 0], 11)],
      ['sparse', new TensorSpec(shared, [2, 2], [8, 2], 1)],
    ]);
    const values = await read(write(state));
    expect([...values.get('transposed')!]).toEqual([0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11]);
    for (const [name, tensor] of state) expect([...values.get(name)!], name).toEqual(viewed(tensor));
  });

  it('reads any view', async () => {
    await fc.assert(
      fc.asyncProperty(views(), async (tensor) => {
        const values = await read(write(new Map([['v', tensor]])));
        expect([...values.get('v')!]).toEqual(viewed(tensor));
      }),
      { numRuns: 40 },
    );
  });

  it.each<[string, TensorSpec]>([
    ['reach beyond their storage', new TensorSpec(counting('1', 6), [2, 3], [3, 1], 1)],
    ['have a stride beyond it', new TensorSpec(counting('1', 6), [2], [2 ** 40])],
    ['have overlapping elements', new TensorSpec(counting('1', 6), [2, 2], [1, 1])],
    ['have nine dimensions', new TensorSpec(counting('1', 6), Array(9).fill(1))],
    ['have 2^44 elements', new TensorSpec(counting('1', 6), [2 ** 22, 2 ** 22], [0, 0])],
    ['repeat few elements often', new TensorSpec(counting('1', 6), [2 ** 25], [0])],
    ['have strides of another length', new TensorSpec(counting('1', 6), [2, 3], [1])],
    ['have a negative size', new TensorSpec(counting('1', 6), [-2, -3])],
    ['have a negative stride', new TensorSpec(counting('1', 6), [6], [-1], 5)],
    ['have a negative offset', new TensorSpec(counting('1', 6), [6], [1], -1)],
  ])('is refused when tensors %s', async (_what, tensor) => {
    expect(await refusal(write(new Map([['bad', tensor]])))).toBe('invalid-weights');
  });

  it('is refused for values that are not finite', async () => {
    const state = new Map([['layer.weight', new TensorSpec(storage('1', 1, Number.NaN), [2])]]);
    await expect(read(write(state))).rejects.toMatchObject({
      code: 'model-nonfinite',
      message: expect.stringMatching(/pytorch_model.bin.*layer.weight/),
    });
  });

  it('is refused wherever it is cut off', async () => {
    const file = write(new Map([['a', new TensorSpec(counting('1', 40), [40])]]));
    for (let length = 0; length < file.length; length += 7) {
      // The zeros that fill up a tar may be missing: its end is one block of them.
      if (container === 'tar' && length > file.length - 1024) break;
      expect(await refusal(file.subarray(0, length)), `cut at ${length}`).toBe('invalid-weights');
    }
  });

  it('reads tensors larger than one read of the file', async () => {
    const count = 700_001;
    const big = new TensorSpec(counting('1', count), [count]);
    const turned = new TensorSpec(counting('2', 1000 * 500), [500, 1000], [1, 500]);
    const values = await read(
      write(
        new Map([
          ['big', big],
          ['turned', turned],
        ]),
      ),
    );
    // Compared as bytes: an assertion per element would take seconds.
    expect(Buffer.from(bytesOf(values.get('big')!)).equals(big.storage.data)).toBe(true);
    const expected = bytesOf(Float32Array.from(viewed(turned)));
    expect(Buffer.from(bytesOf(values.get('turned')!)).equals(expected)).toBe(true);
  });
});

/** What a view is, element by element. */
function viewed({ storage: { data }, shape, strides, offset }: TensorSpec): number[] {
  const elements = new Float32Array(Uint8Array.from(data).buffer);
  let positions = [offset];
  for (const [i, size] of shape.entries()) {
    positions = positions.flatMap((at) => Array.from({ length: size }, (_, k) => at + k * strides[i]!));
  }
  return positions.map((at) => elements[at]!);
}

/** Dimensions of a dense array in any order, some with steps, some repeated. */
function views(): fc.Arbitrary<TensorSpec> {
  const dimension = fc.record({
    size: fc.integer({ min: 1, max: 4 }),
    step: fc.integer({ min: 1, max: 3 }),
    repeat: fc.boolean(),
  });
  return fc
    .record({ dimensions: fc.array(dimension, { maxLength: 4 }), offset: fc.nat(5), seed: fc.nat() })
    .map(({ dimensions, offset, seed }) => {
      let stride = 1;
      const laid = dimensions.map(({ size, step, repeat }) => {
        if (repeat) return { size, stride: 0 };
        const own = stride * step;
        stride = own * size;
        return { size, stride: own };
      });
      laid.sort((a, b) => ((a.stride * 7 + a.size + seed) % 5) - ((b.stride * 7 + b.size + seed) % 5));
      return new TensorSpec(
        counting('1', offset + stride),
        laid.map(({ size }) => size),
        laid.map(({ stride: own }) => own),
        offset,
      );
    });
}
