/** Red, green and blue, 0 … 255. */
export type Rgb = readonly [number, number, number];

/** Ends of a scale from blue over white to red, after ColorBrewer's RdBu; told apart with any kind of colour vision. */
const NEGATIVE: Rgb = [33, 102, 172];
const MIDDLE: Rgb = [247, 247, 247];
const POSITIVE: Rgb = [178, 24, 43];
/** From white to dark blue, of what is never negative. */
const DARK: Rgb = [8, 48, 107];

/** Probabilities from 0 to the largest; scores around 0, as far to either side as the largest magnitude. */
export function colorOf(value: number, { min, max }: { min: number; max: number }): Rgb {
  if (min >= 0) return between(MIDDLE, DARK, max === 0 ? 0 : value / max);
  const most = Math.max(-min, max);
  return value < 0 ? between(MIDDLE, NEGATIVE, -value / most) : between(MIDDLE, POSITIVE, value / most);
}

function between(from: Rgb, to: Rgb, part: number): Rgb {
  const p = Math.min(1, Math.max(0, part));
  const mix = (at: 0 | 1 | 2) => Math.round(from[at] + (to[at] - from[at]) * p);
  return [mix(0), mix(1), mix(2)];
}
