import type { LabelScore } from '@heddle/contracts';
import { float32 } from '@heddle/contracts';

/** softmax(x)ᵢ = exp(xᵢ − max x) ÷ Σⱼ exp(xⱼ − max x), in float64. */
export function softmax(logits: ArrayLike<number>): number[] {
  const values = Array.from(logits);
  const top = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const exponentials = values.map((value) => Math.exp(value - top));
  const sum = exponentials.reduce((total, value) => total + value, 0);
  return exponentials.map((value) => value / sum);
}

export function sigmoid(value: number): number {
  return 1 / (1 + Math.exp(-value));
}

/** Labels with their scores as float32, best first; equal scores keep the order of the label ids. */
export function ranked(labels: string[], scores: number[]): LabelScore[] {
  return labels.map((label, i) => ({ label, score: float32(scores[i]!) })).sort((a, b) => b.score - a.score);
}

/** Index of the largest value; the first of equals. */
export function argmax(values: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i;
  return best;
}

/**
 * Indices of the `count` largest values, largest first; equal values keep their order. Fit for counts up to some
 * thousands.
 */
export function topIndices(values: ArrayLike<number>, count: number): number[] {
  const best: number[] = [];
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (best.length === count && !(count > 0 && value > values[best[count - 1]!]!)) continue;
    best.splice(placeOf(value, best, values), 0, i);
    if (best.length > count) best.pop();
  }
  return best;
}

/** Behind everything in `best` that is not smaller. */
function placeOf(value: number, best: number[], values: ArrayLike<number>): number {
  let low = 0;
  let high = best.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[best[middle]!]! >= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** log Σᵢ exp(xᵢ), in float64. */
export function logSumExp(logits: ArrayLike<number>): number {
  let top = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < logits.length; i++) top = Math.max(top, logits[i]!);
  let sum = 0;
  for (let i = 0; i < logits.length; i++) sum += Math.exp(logits[i]! - top);
  return top + Math.log(sum);
}
