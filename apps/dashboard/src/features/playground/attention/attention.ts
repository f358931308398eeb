import type { OutputOf } from '@heddle/client';
import { floatsOf } from '../../../tasks/floats.js';
import type { Place } from './keys.js';
import type { Range } from './palette.js';

export const PARTS = ['probs', 'total', 'c2c', 'c2p', 'p2c'] as const;
export type Part = (typeof PARTS)[number];

/** What each is called on the page. */
export const PART_LABELS: Record<Part, string> = {
  probs: 'Probabilities',
  total: 'Total',
  c2c: 'Content to content',
  c2p: 'Content to position',
  p2c: 'Position to content',
};

/** Attention of one text. Every part has layers × heads × n × n numbers, row-major: `[layer][head][from][to]`. */
export interface Attention {
  tokens: readonly string[];
  /** As the model counts them, from 0. */
  layers: readonly number[];
  heads: readonly number[];
  /** Tokens. */
  n: number;
  /** Of the parts that the model's scores have. */
  parts: ReadonlyMap<Part, Float32Array>;
}

/** `parameters` of the job: which layers and heads were asked for, all of them where it does not say. */
export function attentionOf(
  output: OutputOf<'attention'>,
  { layers, heads }: { layers?: unknown; heads?: unknown } = {},
): Attention {
  const [layerCount, headCount, n] = output.shape;
  const parts = new Map<Part, Float32Array>();
  for (const part of PARTS) {
    const numbers = output.parts[part];
    if (numbers == null) continue;
    const floats = floatsOf(typeof numbers === 'string' ? numbers : (numbers.flat(3) as number[]));
    if (floats.length === layerCount * headCount * n * n) parts.set(part, floats);
  }
  return {
    tokens: output.tokens.map(({ token }) => token),
    layers: indicesOf(layers, layerCount),
    heads: indicesOf(heads, headCount),
    n,
    parts,
  };
}

function indicesOf(asked: unknown, count: number): number[] {
  if (Array.isArray(asked) && asked.length === count) return asked.map(Number);
  return Array.from({ length: count }, (_, at) => at);
}

/** The n × n numbers of the head at a row of layers and a column of heads, a view of them; null for a part that there is not. */
export function matrixOf(attention: Attention, part: Part, { row, column }: Place): Float32Array | null {
  const numbers = attention.parts.get(part);
  if (!numbers) return null;
  const size = attention.n * attention.n;
  const at = (row * attention.heads.length + column) * size;
  return numbers.subarray(at, at + size);
}

/** One number of a head, for a pair of tokens; null for a part that there is not. */
export function valueAt(attention: Attention, part: Part, place: Place, pair: Place): number | null {
  return matrixOf(attention, part, place)?.[pair.row * attention.n + pair.column] ?? null;
}

export interface DistanceMean {
  /** `to` less `from`: negative looks back. */
  distance: number;
  mean: number;
  /** Pairs that it is the mean of. */
  pairs: number;
}

/** Means over all pairs at the same relative distance, from −(n−1) to n−1. `matrix`: n × n, row-major. */
export function meansByDistance(matrix: Float32Array, n: number): DistanceMean[] {
  const means: DistanceMean[] = [];
  for (let distance = 1 - n; distance < n; distance++) {
    const pairs = n - Math.abs(distance);
    let sum = 0;
    for (let at = 0; at < pairs; at++) {
      const from = distance < 0 ? at - distance : at;
      sum += matrix[from * n + from + distance]!;
    }
    means.push({ distance, mean: sum / pairs, pairs });
  }
  return means;
}

/** Least and largest number; both 0 of nothing. */
export function rangeOf(numbers: Float32Array): Range {
  if (numbers.length === 0) return { min: 0, max: 0 };
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const number of numbers) {
    if (number < min) min = number;
    if (number > max) max = number;
  }
  return { min, max };
}
