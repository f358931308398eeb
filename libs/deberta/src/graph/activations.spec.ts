import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createModel, MODEL_FILE } from '@heddle/onnx';
import { openSession } from '@heddle/runtime';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readActivation } from '../config/activations.js';
import { activation } from './activations.js';
import type { Context } from './context.js';

const INPUT = [-12.0, -3.0, -1.0, -0.10000000149011612, 0.0, 0.5, 2.0, 7.0, 12.0];
/** torch 2.13, transformers 4.57.6: ACT2FN[name](INPUT) in float32. */
const REFERENCE: Record<string, number[]> = {
  gelu: [-0.0, -0.004050225, -0.1586553, -0.04601722, 0.0, 0.3457312, 1.9545, 7.0, 12.0],
  gelu_python: [-0.0, -0.004049689, -0.1586553, -0.04601722, 0.0, 0.3457312, 1.9545, 7.0, 12.0],
  gelu_10: [-0.0, -0.004050225, -0.1586553, -0.04601722, 0.0, 0.3457312, 1.9545, 7.0, 10.0],
  gelu_new: [-0.0, -0.003637433, -0.158808, -0.04601725, 0.0, 0.345714, 1.954598, 7.0, 12.0],
  gelu_fast: [-0.0, -0.003637433, -0.158808, -0.04601725, 0.0, 0.345714, 1.954598, 7.0, 12.0],
  gelu_accurate: [-0.0, -0.003637433, -0.158808, -0.04601725, 0.0, 0.345714, 1.954598, 7.0, 12.0],
  gelu_pytorch_tanh: [-0.0, -0.003637433, -0.158808, -0.04601725, 0.0, 0.345714, 1.954598, 7.0, 12.0],
  gelu_python_tanh: [-0.0, -0.003637433, -0.158808, -0.04601725, 0.0, 0.345714, 1.954598, 7.0, 12.0],
  quick_gelu: [-1.618642e-8, -0.01807131, -0.1542042, -0.04575524, 0.0, 0.3503884, 1.935659, 6.999953, 12.0],
  relu: [0.0, 0.0, 0.0, 0.0, 0.0, 0.5, 2.0, 7.0, 12.0],
  relu2: [0.0, 0.0, 0.0, 0.0, 0.0, 0.25, 4.0, 49.0, 144.0],
  relu6: [0.0, 0.0, 0.0, 0.0, 0.0, 0.5, 2.0, 6.0, 6.0],
  leaky_relu: [-0.12, -0.03, -0.01, -0.001, 0.0, 0.5, 2.0, 7.0, 12.0],
  silu: [-7.373009e-5, -0.1422776, -0.2689414, -0.04750208, 0.0, 0.3112297, 1.761594, 6.993623, 11.99993],
  swish: [-7.373009e-5, -0.1422776, -0.2689414, -0.04750208, 0.0, 0.3112297, 1.761594, 6.993623, 11.99993],
  mish: [-7.373032e-5, -0.1456475, -0.3034014, -0.05678857, 0.0, 0.3752452, 1.943959, 6.999989, 12.0],
  laplace: [0.0, 0.0, 0.0, 0.002110749, 0.006094456, 0.2314211, 0.9999977, 1.0, 1.0],
  tanh: [-1.0, -0.9950548, -0.7615942, -0.099668, 0.0, 0.4621172, 0.9640276, 0.9999983, 1.0],
  sigmoid: [6.144174e-6, 0.04742587, 0.2689414, 0.4750208, 0.5, 0.6224594, 0.880797, 0.999089, 0.9999938],
  linear: [-12.0, -3.0, -1.0, -0.1, 0.0, 0.5, 2.0, 7.0, 12.0],
};
const TOLERANCE = 2e-6;

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'heddle-activations-'));
});
afterEach(() => rm(dir, { recursive: true }));

it('computes every activation as transformers does', async () => {
  const names = Object.keys(REFERENCE);
  const model = await createModel(dir, 'activations');
  const { graph } = model;
  graph.input('input_ids', 'int64', ['batch', 'sequence']);
  const x = await model.weight('x', [INPUT.length], Float32Array.from(INPUT));
  // The input takes part, so that nothing is computed beforehand.
  const zero = graph.node('Mul', [graph.node('Cast', ['input_ids'], { to: 1 }), graph.float(0)]);
  const values = graph.node('Add', [x, zero]);
  for (const name of names) {
    const kind = readActivation('hidden_act', name);
    graph.node(
      'Identity',
      [activation({ graph, known: new Map() } as unknown as Context, kind, values)],
      {},
      { output: name },
    );
    graph.output(name, 'float32', [1, INPUT.length]);
  }
  await model.save();
  await model.close();
  const session = await openSession(join(dir, MODEL_FILE));
  const outputs = await session.run({
    inputIds: Int32Array.of(1),
    attentionMask: Uint8Array.of(1),
    batch: 1,
    length: 1,
  });
  await session.close();
  for (const name of names) {
    for (const [index, want] of REFERENCE[name]!.entries()) {
      const got = outputs[name]!.data[index]!;
      expect(Math.abs(got - want), `${name}(${INPUT[index]}) is ${got}`).toBeLessThan(
        TOLERANCE * Math.max(1, Math.abs(want)),
      );
    }
  }
});
