import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createModel, MODEL_FILE } from '@heddle/onnx';
import { vulkanEnvironmentIfAny } from '@heddle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startInferenceChild } from '../inference-child.js';

const vulkan = await vulkanEnvironmentIfAny();
let folder: string;
let model: string;

/** logits[b] = Σ ids · mask */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'heddle-gpu-child-'));
  const writer = await createModel(folder, 'sums');
  const { graph } = writer;
  graph.input('input_ids', 'int64', ['batch', 'sequence']);
  graph.input('attention_mask', 'int64', ['batch', 'sequence']);
  const ids = graph.node('Cast', ['input_ids'], { to: 1 });
  const mask = graph.node('Cast', ['attention_mask'], { to: 1 });
  const masked = graph.node('Mul', [ids, mask]);
  graph.node('ReduceSum', [masked, graph.ints([1])], { keepdims: 1 }, { output: 'logits' });
  graph.output('logits', 'float32', ['batch', 1]);
  await writer.save();
  await writer.close();
  model = join(folder, MODEL_FILE);
});
afterAll(() => rm(folder, { recursive: true }));

describe.runIf(vulkan)('an inference child on a GPU', () => {
  const lines: string[] = [];
  const start = () => {
    Object.assign(process.env, vulkan);
    return startInferenceChild({
      provider: 'webgpu',
      runTimeoutMs: 60_000,
      loadTimeoutMs: 60_000,
      onLog: (line) => lines.push(line),
    });
  };
  const input = { inputIds: Int32Array.of(3, 4), attentionMask: Uint8Array.of(1, 1), batch: 1, length: 2 };

  it('ends after an error of its device, which may be lost, and says which', async () => {
    const child = start();
    try {
      await child.load('a', model);
      expect([...(await child.run('a', input)).outputs.logits!.data]).toEqual([7]);
      // Masks of another shape: an error out of the native library, as those of a lost device are.
      const wrong = { ...input, batch: 3, attentionMask: new Uint8Array(5) };
      await expect(child.run('a', wrong)).rejects.toMatchObject({ code: 'worker-crashed' });
      expect(await child.exited).toEqual({ code: 1, signal: null });
      expect(lines.join('\n')).toContain('Error');
    } finally {
      await child.close();
    }
  });

  it('ends when it cannot load its first model, but not when it holds others', async () => {
    const child = start();
    await child.load('a', model);
    await expect(child.load('b', join(folder, 'nothing'))).rejects.toMatchObject({
      code: 'model-unavailable',
    });
    expect([...(await child.run('a', input)).outputs.logits!.data]).toEqual([7]);
    await child.unload('a');
    await expect(child.load('b', join(folder, 'nothing'))).rejects.toMatchObject({
      code: 'model-unavailable',
    });
    expect(await child.exited).toEqual({ code: 1, signal: null });
  });
});
