/** Largest magnitude of a symmetric int8 value; −128 stays unused. */
const MAX = 127;
/** What is below has no scale that float32 holds with all its digits. */
const SMALLEST = 1e-30;

/** Integers and what they are multiplied by to give the values back. */
export interface Quantized {
  values: Int8Array;
  scales: Float32Array;
}

/**
 * Weights [outputs, inputs] as int8 with a scale for each output, laid out [inputs, outputs] as integer products read
 * them. The error of a weight is at most half the scale of its output.
 */
export function quantizeOutputs(weights: Float32Array, outputs: number): Quantized {
  const inputs = weights.length / outputs;
  const values = new Int8Array(weights.length);
  const scales = new Float32Array(outputs);
  for (let output = 0; output < outputs; output++) {
    const row = weights.subarray(output * inputs, (output + 1) * inputs);
    const scale = scaleOf(row);
    scales[output] = scale;
    for (let input = 0; input < inputs; input++) {
      values[input * outputs + output] = Math.round(row[input]! / scale);
    }
  }
  return { values, scales };
}

/**
 * A table [rows, size] as int8 with a scale for each row, in the same order. The error of a value is at most half the
 * scale of its row.
 */
export function quantizeRows(table: Float32Array, rows: number): Quantized {
  const size = table.length / rows;
  const values = new Int8Array(table.length);
  const scales = new Float32Array(rows);
  for (let row = 0; row < rows; row++) {
    const start = row * size;
    const own = table.subarray(start, start + size);
    const scale = scaleOf(own);
    scales[row] = scale;
    // A table is most of a model, and a product is quicker than a quotient.
    const inverse = 1 / scale;
    for (let i = 0; i < size; i++) values[start + i] = Math.round(own[i]! * inverse);
  }
  return { values, scales };
}

/** 1 for values that are all zero, or next to it. */
function scaleOf(values: Float32Array): number {
  let largest = 0;
  for (let i = 0; i < values.length; i++) largest = Math.max(largest, Math.abs(values[i]!));
  return largest < SMALLEST ? 1 : Math.fround(largest / MAX);
}
