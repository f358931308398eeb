import type { LabelScore } from '@heddle/contracts';

/** softmax(x)ᵢ = exp(xᵢ − max x) ÷ Σⱼ exp(xⱼ − max x), in float64. */
export function softmax(logits: ArrayLike<number>): number[] {
  const values = Array.from(logits);
  const top = Math.max(...values);
  const exponentials = values.map((value) => Math.exp(value - top));
  const sum = exponentials.reduce((total, value) => total + value, 0);
  return exponentials.map((value) => value / sum);
}

export function sigmoid(value: number): number {
  return 1 / (1 + Math.exp(-value));
}

/** Labels with their scores as float32, best first; equal scores keep the order of the label ids. */
export function ranked(labels: string[], scores: number[]): LabelScore[] {
  return labels
    .map((label, i) => ({ label, score: Math.fround(scores[i]!) }))
    .sort((a, b) => b.score - a.score);
}

/** Index of the largest value; the first of equals. */
export function argmax(values: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i;
  return best;
}
