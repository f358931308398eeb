/** Red, green and blue, 0 … 255. */
export type Rgb = readonly [number, number, number];
export type Scheme = 'light' | 'dark';

/** Least and largest number of what is drawn. */
export interface Range {
  min: number;
  max: number;
}

/**
 * From the least over the middle to the most: scores after ColorBrewer's RdBu, probabilities in the accent's hue. Nothing is the
 * colour of the page; told apart with any kind of colour vision.
 */
const SCALES: Record<Scheme, { diverging: readonly Rgb[]; rising: readonly Rgb[] }> = {
  light: {
    diverging: [
      [5, 48, 97],
      [67, 147, 195],
      [247, 247, 247],
      [214, 96, 77],
      [103, 0, 31],
    ],
    rising: [
      [247, 248, 252],
      [186, 200, 255],
      [66, 99, 235],
      [24, 32, 94],
    ],
  },
  dark: {
    diverging: [
      [146, 197, 255],
      [43, 106, 176],
      [35, 40, 52],
      [188, 70, 54],
      [255, 178, 150],
    ],
    rising: [
      [35, 40, 52],
      [54, 79, 199],
      [116, 143, 252],
      [237, 242, 255],
    ],
  },
};

/** Steps of a palette: more cannot be told apart. */
const STEPS = 256;

/** Scores are drawn about 0, as far to either side as the largest magnitude; what is never negative from 0 on. */
const isRising = ({ min }: Range): boolean => min >= 0;

/** The colour of a number. */
export function colorOf(value: number, range: Range, scheme: Scheme): Rgb {
  return paletteOf(isRising(range), scheme)[stepOf(value, range)]!;
}

/** Colours of all numbers, four bytes each, into `pixels`. */
export function paint(pixels: Uint8ClampedArray, numbers: Float32Array, range: Range, scheme: Scheme): void {
  const palette = paletteOf(isRising(range), scheme);
  for (let at = 0; at < numbers.length; at++) {
    const color = palette[stepOf(numbers[at]!, range)]!;
    pixels[at * 4] = color[0];
    pixels[at * 4 + 1] = color[1];
    pixels[at * 4 + 2] = color[2];
    pixels[at * 4 + 3] = 255;
  }
}

/** What the ends of the scale stand for. */
export function endsOf(range: Range): Range {
  if (isRising(range)) return { min: 0, max: range.max };
  const most = Math.max(-range.min, range.max);
  return { min: -most, max: most };
}

/** The scale as a picture of CSS, from its least to its most. */
export function gradientOf(range: Range, scheme: Scheme): string {
  const { diverging, rising } = SCALES[scheme];
  const stops = (isRising(range) ? rising : diverging).map((color) => `rgb(${color.join(' ')})`);
  return `linear-gradient(to right, ${stops.join(', ')})`;
}

function stepOf(value: number, range: Range): number {
  const { min, max } = endsOf(range);
  if (max === min) return 0;
  return Math.round(((STEPS - 1) * (Math.min(max, Math.max(min, value)) - min)) / (max - min));
}

const made = new Map<string, readonly Rgb[]>();

function paletteOf(rising: boolean, scheme: Scheme): readonly Rgb[] {
  const name = `${rising} ${scheme}`;
  const known = made.get(name);
  if (known) return known;
  const stops = SCALES[scheme][rising ? 'rising' : 'diverging'];
  const palette = Array.from({ length: STEPS }, (_, step) => mixed(stops, step / (STEPS - 1)));
  made.set(name, palette);
  return palette;
}

/** `part`: 0 the first of the stops, 1 the last. */
function mixed(stops: readonly Rgb[], part: number): Rgb {
  const at = part * (stops.length - 1);
  const before = Math.min(stops.length - 2, Math.floor(at));
  const [from, to] = [stops[before]!, stops[before + 1]!];
  const mix = (channel: 0 | 1 | 2) =>
    Math.round(from[channel] + (to[channel] - from[channel]) * (at - before));
  return [mix(0), mix(1), mix(2)];
}
