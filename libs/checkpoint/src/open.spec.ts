import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readAll as readFolder, testFolder } from '../test/checkpoint-folder.js';
import { floats, storage } from '../test/tensors.js';
import { safetensors } from '../test/writers/safetensors.js';
import { TensorSpec, torchZip } from '../test/writers/torch.js';
import { openCheckpoint } from './open.js';

const { folder } = testFolder();

describe('folders', () => {
  const weights = (value: number) =>
    safetensors({ a: { dtype: 'F32', shape: [1], data_offsets: [0, 4] } }, floats(value));
  const torch = (value: number) => torchZip(new Map([['a', new TensorSpec(storage('0', value), [1])]]));
  const index = (shard: string) => JSON.stringify({ weight_map: { a: shard } });

  /** From the most to the least preferred; each holds another value. */
  const choices: [string, Record<string, string | Uint8Array>][] = [
    ['model.safetensors', { 'model.safetensors': weights(0) }],
    [
      'model.safetensors.index.json',
      { 'model.safetensors.index.json': index('s1.safetensors'), 's1.safetensors': weights(1) },
    ],
    ['pytorch_model.bin', { 'pytorch_model.bin': torch(2) }],
    ['pytorch_model.bin.index.json', { 'pytorch_model.bin.index.json': index('b1.bin'), 'b1.bin': torch(3) }],
    ['pytorch_model.generator.bin', { 'pytorch_model.generator.bin': torch(4) }],
  ];

  it.each(choices.map(([name], first) => [name, first] as const))(
    '%s is chosen before the rest',
    async (name, first) => {
      const path = await folder(
        Object.assign({ 'bpe_encoder.bin': 'x' }, ...choices.slice(first).map(([, files]) => files)),
      );
      const checkpoint = await openCheckpoint(path);
      expect(checkpoint.files[0]).toBe(name);
      expect(await checkpoint.read('a')).toEqual(Float32Array.of(first));
      await checkpoint.close();
    },
  );

  it('the file that is asked for is opened', async () => {
    const path = await folder(Object.assign({}, ...choices.map(([, files]) => files)));
    for (const [value, [name]] of choices.entries()) {
      expect((await readFolder(path, name)).get('a')).toEqual(Float32Array.of(value));
    }
    await expect(openCheckpoint(path, { prefer: '../x.bin' })).rejects.toMatchObject({
      code: 'not-a-checkpoint',
    });
    await expect(openCheckpoint(path, { prefer: 'absent.bin' })).rejects.toMatchObject({
      code: 'not-a-checkpoint',
    });
    const other = await folder({ 'tf_model.h5': 'x' });
    await expect(openCheckpoint(other, { prefer: 'tf_model.h5' })).rejects.toMatchObject({
      code: 'unsupported-weights',
    });
  });

  it('a single .bin file of any name is opened, beside files that hold no model', async () => {
    const rest = {
      'bpe_encoder.bin': 'x',
      'training_args.bin': 'x',
      'optimizer.bin': 'x',
      'scheduler.bin': 'x',
    };
    expect((await readFolder(await folder({ ...rest, 'deberta.bin': torch(5) }))).get('a')).toEqual(
      Float32Array.of(5),
    );
    await expect(
      openCheckpoint(await folder({ 'a.bin': torch(1), 'b.bin': torch(2) })),
    ).rejects.toMatchObject({
      code: 'not-a-checkpoint',
      message: 'the folder holds a.bin and b.bin: which is meant?',
    });
  });

  it.each([
    'tf_model.h5',
    'adapter_model.safetensors',
    'adapter_model.bin',
    'model.onnx',
    'rust_model.ot',
    'model.pt',
  ])('names %s as unsupported', async (file) => {
    await expect(openCheckpoint(await folder({ 'config.json': 'x', [file]: 'x' }))).rejects.toMatchObject({
      code: 'unsupported-weights',
      message: expect.stringContaining(file),
    });
  });

  it('a folder without weights, a file and nothing at all are no checkpoint', async () => {
    const empty = await folder({ 'config.json': 'x', 'bpe_encoder.bin': 'x', 'training_args.bin': 'x' });
    for (const path of [empty, join(empty, 'config.json'), join(empty, 'absent')]) {
      await expect(openCheckpoint(path)).rejects.toMatchObject({ code: 'not-a-checkpoint' });
    }
  });
});
