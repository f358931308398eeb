import { HeddleError } from '@heddle/contracts';
import { type GraphWriter, LARGEST_HALF, toHalves, type WeightArray, type WeightValues } from '@heddle/onnx';

/** Stores float32 weights as halves. Errors: `model-nonfinite` where one is too large for a half. */
export function storingHalves({ weight }: GraphWriter): GraphWriter['weight'] {
  return (name, dims, values) => weight(name, dims, async () => halvesOf(name, await valuesOf(values)));
}

async function valuesOf(values: WeightValues): Promise<WeightArray> {
  return typeof values === 'function' ? values() : values;
}

function halvesOf(name: string, values: WeightArray): WeightArray {
  if (!(values instanceof Float32Array)) return values;
  const halves = toHalves(values);
  const infinite = halves.findIndex((bits) => (bits & 0x7fff) === 0x7c00);
  if (infinite < 0) return halves;
  throw new HeddleError(
    'model-nonfinite',
    `${name} has the value ${values[infinite]}, and half precision ends at ±${LARGEST_HALF}.`,
  );
}
