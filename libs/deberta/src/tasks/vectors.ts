import { endianness } from 'node:os';

/** Length below which a vector counts as zero and stays as it is. */
const SMALLEST_NORM = 1e-12;

/** x ÷ ‖x‖₂, in float32. */
export function normalized(vector: Float32Array): Float32Array {
  const norm = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
  return vector.map((value) => value / Math.max(norm, SMALLEST_NORM));
}

/** Little-endian float32, as base64. */
export function base64(values: Float32Array): string {
  const bytes = Buffer.from(values.slice().buffer);
  return (endianness() === 'LE' ? bytes : bytes.swap32()).toString('base64');
}
