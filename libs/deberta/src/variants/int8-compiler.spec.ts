import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ForwardOutput, openSession } from '@heddle/runtime';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sourceOf } from '../compile.js';
import { openInt8Compiler } from './int8-compiler.js';

const SENTIMENT = fileURLToPath(new URL('../../../../models/sentiment', import.meta.url));
/** Tiny checkpoints of other heads and versions. */
const PIPELINES = fileURLToPath(new URL('../tasks/__fixtures__/pipelines', import.meta.url));

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'heddle-int8-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const LENGTH = 12;
async function run(path: string): Promise<ForwardOutput> {
  const session = await openSession(path);
  try {
    return await session.run({
      inputIds: Int32Array.from({ length: LENGTH }, (_, i) => 1 + i),
      attentionMask: new Uint8Array(LENGTH).fill(1),
      positions: Int32Array.of(0, 1, 0, LENGTH - 2),
      batch: 1,
      length: LENGTH,
    });
  } finally {
    await session.close();
  }
}

/** Integer products of the graph: their weights are called so once. */
const integers = async (path: string) => {
  const names = (await readFile(path, 'latin1')).match(/encoder\.layer\.(\d+)\.[\w.]*weight\.int8/g) ?? [];
  return [...new Set(names.map((name) => Number(name.split('.')[2])))].sort();
};

describe('the int8 compiler', () => {
  it('writes what the series has, with weights of its own', async () => {
    const compiler = await openInt8Compiler({ checkpointDir: SENTIMENT });
    expect(compiler.layers).toBe(4);
    const trials = join(dir, 'trials');
    await mkdir(trials);
    const series = await compiler.startSeries(trials);
    const layers = new Set([0, 2]);
    await series.write('float.onnx', null);
    await series.write('some.onnx', { layers, table: 'int8' });
    await series.write('none.onnx', { layers: new Set(), table: 'int8' });
    await series.close();
    await compiler.write(dir, 'int8.onnx', { layers, table: 'int8' });
    await compiler.close();

    expect(await integers(join(trials, 'float.onnx'))).toEqual([]);
    expect(await integers(join(trials, 'some.onnx'))).toEqual([0, 2]);
    expect((await readdir(dir)).sort()).toEqual(['int8.onnx', 'int8.onnx.data', 'trials']);
    const [float, some, none] = await Promise.all(
      ['float', 'some', 'none'].map((name) => run(join(trials, `${name}.onnx`))),
    );
    // Nothing of the trials is needed.
    await rm(trials, { recursive: true });
    expect(await run(join(dir, 'int8.onnx'))).toEqual(some);
    expect(some).not.toEqual(none);
    expect(some).not.toEqual(float);
  });

  it.each(['fill-mask-hf-new', 'question-answering-null', 'rerank', 'token-classification-v1'])(
    'shows the states of every layer of %s',
    async (name) => {
      const compiler = await openInt8Compiler({ checkpointDir: join(PIPELINES, name) });
      const series = await compiler.startSeries(dir, { inner: true });
      await series.write('float.onnx', null);
      await series.write('all.onnx', { layers: new Set(Array(compiler.layers).keys()), table: 'int8' });
      await series.close();
      await compiler.close();
      const [float, all] = [await run(join(dir, 'float.onnx')), await run(join(dir, 'all.onnx'))];
      const states = Array.from({ length: compiler.layers }, (_, i) => `hidden_states.${i}`);
      for (const state of [...states, 'tokens']) {
        const { data, dims } = float[state]!;
        expect(dims.slice(0, 2)).toEqual([1, LENGTH]);
        const difference = all[state]!.data.map((value, i) => value - data[i]!);
        const relative = Math.hypot(...difference) / Math.hypot(...data);
        expect(relative, state).toBeGreaterThan(0);
        expect(relative, state).toBeLessThan(0.1);
      }
    },
  );

  it('makes a version of another source than float32', async () => {
    const float = await sourceOf(SENTIMENT);
    expect(await sourceOf(SENTIMENT, { precision: 'fp32' })).toEqual(float);
    expect((await sourceOf(SENTIMENT, { precision: 'int8' })).sha256).not.toBe(float.sha256);
  });

  it('refuses what cannot be compiled', async () => {
    await expect(openInt8Compiler({ checkpointDir: join(dir, 'no') })).rejects.toMatchObject({
      code: 'not-a-checkpoint',
    });
    await expect(openInt8Compiler({ checkpointDir: SENTIMENT, labels: ['one'] })).rejects.toMatchObject({
      code: 'invalid-config',
    });
  });
});
