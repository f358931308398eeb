import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Int8Compiler } from '@heddle/deberta';
import type { Session } from '@heddle/runtime';
import { forwardInputs, type Input } from '../agreement/inputs.js';
import { withSession } from '../verify/with-session.js';

/**
 * ‖int8 − fp32‖ ÷ ‖fp32‖ of the states after each layer, over all tokens of the inputs, with these layers as int8.
 * `dir` is made for the graphs.
 */
export async function hiddenDifferences(
  compiler: Int8Compiler,
  layers: ReadonlySet<number>,
  inputs: Input[],
  dir: string,
): Promise<number[]> {
  await mkdir(dir);
  const series = await compiler.startSeries(dir, { inner: true });
  try {
    await series.write('fp32.onnx', null);
    await series.write('int8.onnx', { layers });
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
): Promise<number[]> {
  // The last layer's states are the encoder's result, and called so.
  const names = Array.from({ length: layers }, (_, i) =>
    i < layers - 1 ? `hidden_states.${i + 1}` : 'tokens',
  );
  const errors = new Float64Array(layers);
  const sizes = new Float64Array(layers);
  for (const forward of inputs.flatMap(forwardInputs)) {
    const want = await fp32.run({ ...forward, outputs: names });
    const got = await int8.run({ ...forward, outputs: names });
    for (const [layer, name] of names.entries()) {
      const other = got[name]!.data;
      for (const [i, value] of want[name]!.data.entries()) {
        errors[layer]! += (other[i]! - value) ** 2;
        sizes[layer]! += value ** 2;
      }
    }
  }
  return Array.from(errors, (error, layer) => Math.sqrt(error / sizes[layer]!));
}
