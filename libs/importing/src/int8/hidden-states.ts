import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Int8Compiler, Quantization } from '@heddle/deberta';
import type { Session } from '@heddle/runtime';
import { forwardInputs, type Input } from '../agreement/inputs.js';
import { withSession } from '../verify/with-session.js';

/** ‖int8 − fp32‖ ÷ ‖fp32‖ of states. */
export interface HiddenDifferences {
  /** Before the first layer. */
  embeddings: number;
  /** After each layer. */
  layers: number[];
}

/**
 * How far int8 is from fp32 inside, over all tokens of the inputs.
 * `dir` is made for the graphs.
 */
export async function hiddenDifferences(
  compiler: Int8Compiler,
  quantization: Quantization,
  inputs: Input[],
  dir: string,
): Promise<HiddenDifferences> {
  await mkdir(dir);
  const series = await compiler.startSeries(dir, { inner: true });
  try {
    await series.write('fp32.onnx', null);
    await series.write('int8.onnx', quantization);
  } finally {
    await series.close();
  }
  return withSession(join(dir, 'fp32.onnx'), (fp32) =>
    withSession(join(dir, 'int8.onnx'), (int8) => compareStates(fp32, int8, compiler.layers, inputs)),
  );
}

async function compareStates(
  fp32: Session,
  int8: Session,
  layers: number,
  inputs: Input[],
): Promise<HiddenDifferences> {
  // The last layer's states are the encoder's result, and called so.
  const names = Array.from({ length: layers + 1 }, (_, i) => (i < layers ? `hidden_states.${i}` : 'tokens'));
  const errors = new Float64Array(names.length);
  const sizes = new Float64Array(names.length);
  for (const forward of inputs.flatMap(forwardInputs)) {
    const want = await fp32.run({ ...forward, outputs: names });
    const got = await int8.run({ ...forward, outputs: names });
    for (const [state, name] of names.entries()) {
      const other = got[name]!.data;
      for (const [i, value] of want[name]!.data.entries()) {
        errors[state]! += (other[i]! - value) ** 2;
        sizes[state]! += value ** 2;
      }
    }
  }
  const [embeddings, ...after] = Array.from(errors, (error, state) => Math.sqrt(error / sizes[state]!));
  return { embeddings: embeddings!, layers: after };
}
