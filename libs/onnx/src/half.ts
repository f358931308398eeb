/** The largest finite IEEE 754 half-precision number. */
export const LARGEST_HALF = 65504;

/**
 * Numbers as half-precision ones, by their bits: to the nearest, ties to the one that is even. Beyond the largest are
 * infinities, below the smallest (2⁻²⁴) zeros.
 */
export function toHalves(values: Float32Array): Uint16Array {
  const halves = new Uint16Array(values.length);
  // The bits of the same memory; by index, for iterators make such loops ten times slower.
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  for (let i = 0; i < bits.length; i++) halves[i] = halfOf(bits[i]!);
  return halves;
}

/** Bits of a float32 → bits of a half. */
function halfOf(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  // NaN stays NaN, infinity infinity.
  if (magnitude >= 0x7f800000) return sign | 0x7c00 | (magnitude > 0x7f800000 ? 0x200 : 0);
  // From 2⁻¹⁴ on: the exponent moves from bias 127 to 15, and a carry of the rounding into it is right, up to infinity.
  if (magnitude >= 0x38800000) return sign | Math.min(roundEven(magnitude - 0x38000000, 13), 0x7c00);
  // Subnormal halves count 2⁻²⁴; below half of that is nothing.
  if (magnitude < 0x33000000) return sign;
  const fraction = (magnitude & 0x7fffff) | 0x800000;
  return sign | roundEven(fraction, 126 - (magnitude >>> 23));
}

/** value ÷ 2^shift to the nearest integer, ties to even. */
function roundEven(value: number, shift: number): number {
  const kept = value >>> shift;
  const rest = value - kept * 2 ** shift;
  const half = 2 ** (shift - 1);
  return rest > half || (rest === half && kept % 2 === 1) ? kept + 1 : kept;
}
