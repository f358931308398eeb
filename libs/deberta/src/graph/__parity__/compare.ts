import type { ExpectedTensor } from './manifest.js';
import type { NumberTensor } from './tensor-file.js';

/** Which tokens are real, [batch, length]; rows of the batch whose values may be anything. */
export interface Validity {
  mask: NumberTensor;
  optionalRows: readonly number[];
}

/** Largest deviations of a tensor, over the values that are defined. */
export interface Deviation {
  /** |got − want| as a multiple of the tolerance atol + rtol·|want|: above 1 is wrong. */
  ratio: number;
  absolute: number;
  /** |got − want| ÷ |want|, where want is not below atol: there a ratio says nothing. */
  relative: number;
}

const INFINITE: Deviation = {
  ratio: Number.POSITIVE_INFINITY,
  absolute: Number.POSITIVE_INFINITY,
  relative: Number.POSITIVE_INFINITY,
};

/** How far a tensor is off. A value that is not finite, or another shape, counts as infinitely wrong. */
export function deviation(
  got: NumberTensor,
  want: NumberTensor,
  { valid, atol, rtol }: ExpectedTensor,
  validity: Validity,
): Deviation {
  if (`${got.shape}` !== `${want.shape}`) return INFINITE;
  const isDefined = selector(want.shape, valid, validity);
  const worst: Deviation = { ratio: 0, absolute: 0, relative: 0 };
  for (const [index, expected] of want.data.entries()) {
    if (!isDefined(index)) continue;
    const difference = Math.abs(got.data[index]! - expected);
    if (!Number.isFinite(difference)) return INFINITE;
    const size = Math.abs(expected);
    worst.ratio = Math.max(worst.ratio, difference / (atol + rtol * size));
    worst.absolute = Math.max(worst.absolute, difference);
    if (size >= atol) worst.relative = Math.max(worst.relative, difference / size);
  }
  return worst;
}

function selector(
  shape: number[],
  valid: ExpectedTensor['valid'],
  { mask, optionalRows }: Validity,
): (index: number) => boolean {
  const [batch, length] = [mask.shape[0]!, mask.shape[1]!];
  const size = shape.reduce((product, axis) => product * axis, 1);
  const perRow = size / batch;
  const isReal = (row: number, token: number) => mask.data[row * length + token] === 1;
  const isOptional = (row: number) => shape[0] === batch && optionalRows.includes(row);
  return (index) => {
    const row = Math.floor(index / perRow);
    if (isOptional(row)) return false;
    if (valid === 'all') return true;
    if (valid === 'token') return isReal(row, Math.floor((index % perRow) / (perRow / length)));
    const query = isReal(row, Math.floor(index / length) % length);
    return valid === 'query' ? query : query && isReal(row, index % length);
  };
}
