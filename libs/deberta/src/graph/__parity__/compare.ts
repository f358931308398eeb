import type { ExpectedTensor } from './manifest.js';
import type { NumberTensor } from './tensor-file.js';

/** Which tokens are real, [batch, length]; rows of the batch whose values may be anything. */
export interface Validity {
  mask: NumberTensor;
  optionalRows: readonly number[];
}

/**
 * The largest |got − want| as a multiple of the tolerance atol + rtol·|want|, over the values that are defined:
 * above 1 is wrong. A value that is not finite, or another shape, counts as infinitely wrong.
 */
export function worstRatio(
  got: NumberTensor,
  want: NumberTensor,
  { valid, atol, rtol }: ExpectedTensor,
  validity: Validity,
): number {
  if (`${got.shape}` !== `${want.shape}`) return Number.POSITIVE_INFINITY;
  const isDefined = selector(want.shape, valid, validity);
  let worst = 0;
  for (const [index, expected] of want.data.entries()) {
    if (!isDefined(index)) continue;
    const ratio = Math.abs(got.data[index]! - expected) / (atol + rtol * Math.abs(expected));
    worst = Math.max(worst, Number.isNaN(ratio) ? Number.POSITIVE_INFINITY : ratio);
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
