import type { Activation } from '../config/activations.js';

/** Values in row-major order. */
export interface Matrix {
  rows: number;
  columns: number;
  data: Float64Array;
}

export function matrix(rows: number, columns: number): Matrix {
  return { rows, columns, data: new Float64Array(rows * columns) };
}

/** View of one row. */
export function row({ columns, data }: Matrix, index: number): Float64Array {
  return data.subarray(index * columns, (index + 1) * columns);
}

/** The rows of these indices, in their order. */
export function rowsAt(x: Matrix, indices: readonly number[]): Matrix {
  const found = matrix(indices.length, x.columns);
  for (const [at, index] of indices.entries()) row(found, at).set(row(x, index));
  return found;
}

/** x [n, inputs] → x·Wᵀ + b [n, outputs]; `weight` is [outputs, inputs] row-major. */
export function linear(x: Matrix, weight: ArrayLike<number>, bias: ArrayLike<number> | null): Matrix {
  const { rows, columns, data } = x;
  const outputs = weight.length / columns;
  const result = matrix(rows, outputs);
  const w = new Float64Array(columns);
  const last = rows - 1;
  for (let output = 0; output < outputs; output++) {
    for (let i = 0; i < columns; i++) w[i] = weight[output * columns + i]!;
    const start = bias === null ? 0 : bias[output]!;
    // Four sums at a time, for one alone waits for its own last addition; the last row stands in for rows beyond it.
    for (let at = 0; at < rows; at += 4) {
      const [b, c, d] = [Math.min(at + 1, last), Math.min(at + 2, last), Math.min(at + 3, last)];
      const [rowA, rowB, rowC, rowD] = [at * columns, b * columns, c * columns, d * columns];
      let [sumA, sumB, sumC, sumD] = [start, start, start, start];
      for (let i = 0; i < columns; i++) {
        const value = w[i]!;
        sumA += data[rowA + i]! * value;
        sumB += data[rowB + i]! * value;
        sumC += data[rowC + i]! * value;
        sumD += data[rowD + i]! * value;
      }
      result.data[at * outputs + output] = sumA;
      result.data[b * outputs + output] = sumB;
      result.data[c * outputs + output] = sumC;
      result.data[d * outputs + output] = sumD;
    }
  }
  return result;
}

export function add(a: Matrix, b: Matrix): Matrix {
  return { ...a, data: a.data.map((value, i) => value + b.data[i]!) };
}

/** (x − mean) / sqrt(biased variance + eps) · gamma + beta, row by row. */
export function layerNorm(
  x: Matrix,
  gamma: ArrayLike<number>,
  beta: ArrayLike<number>,
  epsilon: number,
): Matrix {
  const result = matrix(x.rows, x.columns);
  for (let at = 0; at < x.rows; at++) {
    const values = row(x, at);
    const mean = values.reduce((sum, value) => sum + value, 0) / x.columns;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / x.columns;
    const divisor = Math.sqrt(variance + epsilon);
    row(result, at).set(values.map((value, i) => ((value - mean) / divisor) * gamma[i]! + beta[i]!));
  }
  return result;
}

export function activate(kind: Activation, x: Matrix): Matrix {
  return { ...x, data: x.data.map(FUNCTIONS[kind]) };
}

const gelu = (x: number) => 0.5 * x * (1 + erf(x / Math.SQRT2));
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

/** transformers' activations.py. */
const FUNCTIONS: Record<Activation, (x: number) => number> = {
  gelu,
  'gelu-clipped': (x) => Math.min(10, Math.max(-10, gelu(x))),
  'gelu-tanh': (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
  'gelu-sigmoid': (x) => x * sigmoid(1.702 * x),
  relu: (x) => Math.max(x, 0),
  'relu-squared': (x) => Math.max(x, 0) ** 2,
  relu6: (x) => Math.min(6, Math.max(x, 0)),
  'leaky-relu': (x) => (x < 0 ? 0.01 * x : x),
  silu: (x) => x * sigmoid(x),
  mish: (x) => x * Math.tanh(Math.log1p(Math.exp(x))),
  laplace: (x) => 0.5 * (1 + erf((x - 707_107e-6) / (0.282_095 * Math.SQRT2))),
  sigmoid,
  tanh: Math.tanh,
  linear: (x) => x,
};

/** Beyond, erf is ±1 in float64. */
const ERF_END = 6;

/** 2/√π · exp(−x²) · Σ 2ⁿ x²ⁿ⁺¹ / (1·3·…·(2n+1)) (Abramowitz and Stegun 7.1.6): terms of one sign, so none cancel. */
function erf(x: number): number {
  if (Math.abs(x) >= ERF_END) return Math.sign(x);
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > Math.abs(sum) * Number.EPSILON; n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

/** Softmax of a row, in place. */
export function softmax(values: Float64Array): void {
  const largest = values.reduce((max, value) => Math.max(max, value), Number.NEGATIVE_INFINITY);
  let sum = 0;
  for (let i = 0; i < values.length; i++) {
    values[i] = Math.exp(values[i]! - largest);
    sum += values[i]!;
  }
  for (let i = 0; i < values.length; i++) values[i] = values[i]! / sum;
}
