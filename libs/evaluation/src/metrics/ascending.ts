/**
 * The places of numbers in ascending order, equal ones in their own. None may be NaN. Sorting numbers as such is many
 * times faster than sorting places by a comparison: 0.3 s for a million.
 */
export function ascending(values: Float64Array): Uint32Array<ArrayBuffer> {
  const sorted = values.slice().sort();
  const order = new Uint32Array(values.length);
  /** How many were placed of the equal numbers that begin here. */
  const placed = new Uint32Array(values.length);
  values.forEach((value, i) => {
    const first = firstOf(value, sorted);
    order[first + placed[first]!++] = i;
  });
  return order;
}

function firstOf(value: number, sorted: Float64Array): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
