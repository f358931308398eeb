/** Significant digits: 6 always survive the way into float32 and back, 9 tell any two float32 apart. */
const FEWEST_DIGITS = 6;
const MOST_DIGITS = 9;
/** Decimal exponents below have numbers with fewer bits, down to 1e-45 with one. */
const SUBNORMAL_EXPONENT = -37;
/** Powers of ten that are exact in float64. */
const POWERS = Float64Array.from({ length: 23 }, (_, i) => 10 ** i);

/**
 * The decimal number with the fewest digits that is `value` as a float32. JSON prints a float64 with up to 17 digits,
 * of which a float32 fills 9 at most: 0.8999999761581421 is 0.9. What is no finite number comes back as it is.
 */
export function float32(value: number): number {
  const single = Math.fround(value);
  if (single === 0 || !Number.isFinite(single)) return single;
  const exponent = Math.floor(Math.log10(Math.abs(single)));
  for (let digits = exponent < SUBNORMAL_EXPONENT ? 1 : FEWEST_DIGITS; ; digits++) {
    const decimal = rounded(single, digits, digits - 1 - exponent);
    if (digits === MOST_DIGITS || Math.fround(decimal) === single) return decimal;
  }
}

/** Quotients and products of exact numbers are rounded once: they are what the digits mean, read as a float64. */
function rounded(single: number, digits: number, decimals: number): number {
  const power = POWERS[Math.abs(decimals)];
  if (power === undefined) return Number(single.toPrecision(digits));
  return decimals >= 0 ? Math.round(single * power) / power : Math.round(single / power) * power;
}

/** The numbers of a tensor, for JSON. */
export function float32s(values: Float32Array): number[] {
  const numbers: number[] = [];
  for (const value of values) numbers.push(float32(value));
  return numbers;
}
