import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createModel, MODEL_FILE } from '@heddle/onnx';
import { expect, it } from 'vitest';
import { PROBE_GRAPH } from './probe-graph.js';

it('the probe graph is what it says', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'heddle-probe-'));
  try {
    const model = await createModel(dir, 'probe');
    const { graph } = model;
    graph.input('x', 'float32', [1, 4, 4]);
    graph.input('kernel', 'float32', [4, 4, 1]);
    graph.input('scale', 'float32', [4]);
    const epsilon = { float: 1e-7 };
    const product = graph.node('MatMul', ['x', 'x']);
    const normed = graph.node('LayerNormalization', [product, 'scale', 'scale'], { axis: -1, epsilon });
    const convolved = graph.node('Conv', [graph.node('Gelu', [normed]), 'kernel']);
    graph.node('Softmax', [convolved], { axis: -1 }, { output: 'y' });
    graph.output('y', 'float32', [1, 4, 4]);
    await model.save();
    await model.close();
    const built = await readFile(join(dir, MODEL_FILE));
    expect(Buffer.from(PROBE_GRAPH).toString('base64')).toBe(built.toString('base64'));
  } finally {
    await rm(dir, { recursive: true });
  }
});
