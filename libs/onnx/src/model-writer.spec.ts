import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createModel, DATA_FILE, type GraphWriter, MODEL_FILE } from './model-writer.js';
import { ModelProto } from './schema.js';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'heddle-onnx-'));
});
afterEach(() => rm(dir, { recursive: true }));

const ramp = (length: number) => Float32Array.from({ length }, (_, i) => i / 8);

it('writes a model that reads back, with its weights in the data file', async () => {
  const model = await createModel(dir, 'test');
  const { graph } = model;
  const x = graph.input('x', 'float32', ['batch', 300]);
  const small = await model.weight('small', [2], ramp(2));
  const medium = await model.weight('medium', [300, 2], ramp(600));
  const large = await model.weight('large', [2, 10_000], ramp(20_000));
  const y = graph.node('Gemm', [x, medium, small], { transB: 0, alpha: { float: 0.5 } });
  const result = { type: 'float32', shape: ['batch', 10_000] } as const;
  const z = graph.node('MatMul', [y, large], {}, { result });
  graph.node('Transpose', [z], { perm: [1, 0] }, { output: 'result' });
  graph.output('result', 'float32', [10_000, 'batch']);
  await model.save();
  await model.close();

  const proto = ModelProto.toObject(ModelProto.decode(await readFile(join(dir, MODEL_FILE))), {
    longs: Number,
  });
  expect(proto).toMatchObject({ irVersion: 9, opsetImport: [{ domain: '', version: 20 }] });
  expect(proto.graph.node.map((node: { opType: string }) => node.opType)).toEqual([
    'Gemm',
    'MatMul',
    'Transpose',
  ]);
  expect(proto.graph.node[0].attribute).toEqual([
    { name: 'transB', i: 0, type: 2 },
    { name: 'alpha', f: 0.5, type: 1 },
  ]);
  expect(proto.graph.node[2].attribute).toEqual([{ name: 'perm', ints: [1, 0], type: 7 }]);
  expect(proto.graph.input[0].type.tensorType.shape.dim).toEqual([{ dimParam: 'batch' }, { dimValue: 300 }]);
  expect(proto.graph.valueInfo).toEqual([
    {
      name: z,
      type: { tensorType: { elemType: 1, shape: { dim: [{ dimParam: 'batch' }, { dimValue: 10_000 }] } } },
    },
  ]);
  expect(new Float32Array(Uint8Array.from(proto.graph.initializer[0].rawData).buffer)).toEqual(ramp(2));

  const data = await readFile(join(dir, DATA_FILE));
  const ranges = proto.graph.initializer
    .slice(1)
    .map((tensor: { externalData: { key: string; value: string }[] }) =>
      Object.fromEntries(tensor.externalData.map(({ key, value }) => [key, value])),
    );
  expect(ranges).toEqual([
    { location: DATA_FILE, offset: '0', length: '2400' },
    { location: DATA_FILE, offset: '4096', length: '80000' },
  ]);
  expect(new Float32Array(Uint8Array.from(data.subarray(4096)).buffer)).toEqual(ramp(20_000));
});

it('keeps weights apart that are written at the same time', async () => {
  const model = await createModel(dir, 'together');
  const x = model.graph.input('x', 'float32', [1, 1000]);
  const names = ['a', 'b', 'c'];
  const values = names.map((_, i) => ramp(1000).map((value) => value + i));
  const weights = await Promise.all(names.map((name, i) => model.weight(name, [1000], values[i]!)));
  const sum = weights.reduce((total, weight) => model.graph.node('Add', [total, weight]), x);
  model.graph.output(sum, 'float32', [1, 1000]);
  await model.save();
  await model.close();
  const data = await readFile(join(dir, DATA_FILE));
  const stored = values.map((_, i) => new Float32Array(data.buffer, data.byteOffset + i * 4032, 1000));
  expect(stored).toEqual(values);
});

it('stores equal constants once and names the contrib operator set when it is used', async () => {
  const model = await createModel(dir, 'test');
  const { graph } = model;
  const x = graph.input('x', 'float32', ['n']);
  const doubled = graph.node('Mul', [x, graph.float(2)]);
  const again = graph.node('Mul', [doubled, graph.float(2)]);
  const shaped = graph.node('Reshape', [again, graph.ints([0, -1])]);
  const flat = graph.node('Reshape', [shaped, graph.ints([-1])]);
  graph.node('QuickGelu', [flat], {}, { domain: 'com.microsoft', output: 'y' });
  graph.output('y', 'float32', ['n']);
  await model.save();
  await model.close();
  const proto = ModelProto.toObject(ModelProto.decode(await readFile(join(dir, MODEL_FILE))), {
    longs: Number,
  });
  expect(proto.graph.initializer).toHaveLength(3);
  expect(proto.opsetImport).toEqual([
    { domain: '', version: 20 },
    { domain: 'com.microsoft', version: 1 },
  ]);
});

it('stores a weight once for all graphs that use it', async () => {
  const model = await createModel(dir, 'test');
  const computed: string[] = [];
  const weight = (writer: GraphWriter, name: string, size: number) =>
    writer.weight(name, [size], async () => {
      computed.push(name);
      return ramp(size);
    });
  const emit = async (writer: GraphWriter, names: [string, number][]) => {
    let x = writer.graph.input('x', 'float32', ['n', 1]);
    for (const [name, size] of names) x = writer.graph.node('Add', [x, await weight(writer, name, size)]);
    writer.graph.node('Identity', [x], {}, { output: 'y' });
    writer.graph.output('y', 'float32', ['n', 'm']);
    await writer.save();
  };
  await emit(model, [
    ['a', 1000],
    ['small', 1],
    ['a', 1000],
  ]);
  await emit(model.sibling('second.onnx'), [
    ['small', 1],
    ['b', 1000],
    ['a', 1000],
  ]);
  await expect(model.sibling('third.onnx').weight('a', [500, 2], ramp(1000))).rejects.toThrow(
    'a is stored as [1000], not as [500,2]',
  );
  await model.close();

  expect(computed).toEqual(['a', 'small', 'b']);
  expect((await stat(join(dir, DATA_FILE))).size).toBe(4032 + 4000);
  const initializers = async (file: string) =>
    ModelProto.toObject(ModelProto.decode(await readFile(join(dir, file))), { longs: Number }).graph
      .initializer as { name: string; externalData?: object[] }[];
  const [first, second] = [await initializers(MODEL_FILE), await initializers('second.onnx')];
  expect(first.map(({ name }) => name)).toEqual(['a', 'small']);
  expect(second.map(({ name }) => name)).toEqual(['small', 'b', 'a']);
  expect(second[2]!.externalData).toEqual(first[0]!.externalData);
  expect(second[1]!.externalData).toContainEqual({ key: 'offset', value: '4032' });
});

it('never writes over a model', async () => {
  const first = await createModel(dir, 'first');
  await first.close();
  await expect(createModel(dir, 'second')).rejects.toMatchObject({ code: 'EEXIST' });
});

it('refuses to save a malformed graph', async () => {
  const model = await createModel(dir, 'test');
  model.graph.node('Relu', ['nowhere'], {}, { output: 'y' });
  model.graph.output('y', 'float32', [1]);
  await expect(model.save()).rejects.toThrow('Relu (y) uses nowhere before it is defined');
  await model.close();
  await expect(stat(join(dir, MODEL_FILE))).rejects.toMatchObject({ code: 'ENOENT' });
});
