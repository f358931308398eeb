import { argmax, topIndices } from '@heddle/deberta';
import type { Answer } from './answers.js';

/** Classes of a choice whose probabilities are compared: the rest of a vocabulary hardly counts. */
const COMPARED = 20;
/** Values no further apart than this share of their spread decide the same. */
const SAME_VALUE = 0.1;
/** Vectors no less alike than this decide the same. */
const SAME_COSINE = 0.99;

/** As much of an answer as is needed to compare others with it; classes likeliest first. */
export type Kept =
  | { kind: 'choice'; classes: number[]; probabilities: number[]; tie: number }
  | Exclude<Answer, { kind: 'choice' }>;

export interface Comparison {
  /** Whether the decision is the same. */
  same: boolean;
  /** Of a choice the largest difference of a probability; of values relative to their spread; 1 − cosine of vectors. */
  difference: number;
}

export function keep(answer: Answer): Kept {
  if (answer.kind === 'vector') return { kind: 'vector', vector: answer.vector.slice() };
  if (answer.kind === 'value') return answer;
  const classes = topIndices(answer.probabilities, COMPARED);
  const probabilities = classes.map((index) => answer.probabilities[index]!);
  return { kind: 'choice', classes, probabilities, tie: answer.tie ?? 0 };
}

/** `spread` is the standard deviation of all values of the float32 graph; only values need it. */
export function compare(want: Kept, got: Answer, spread: number): Comparison {
  if (want.kind === 'choice' && got.kind === 'choice') {
    const differences = want.classes.map((index, i) =>
      Math.abs(got.probabilities[index]! - want.probabilities[i]!),
    );
    const rank = want.classes.indexOf(argmax(got.probabilities));
    const behind = want.probabilities[0]! - (want.probabilities[rank] ?? Number.NEGATIVE_INFINITY);
    // The first of equals is the decision where no ties are allowed.
    const same = rank === 0 || (want.tie > 0 && behind <= want.tie);
    return { same, difference: Math.max(...differences) };
  }
  if (want.kind === 'value' && got.kind === 'value') {
    const difference = Math.abs(got.value - want.value) / spread;
    return { same: difference <= SAME_VALUE, difference };
  }
  if (want.kind === 'vector' && got.kind === 'vector') {
    const alike = cosine(want.vector, got.vector);
    return { same: alike >= SAME_COSINE, difference: 1 - alike };
  }
  throw new Error(`a ${got.kind} cannot be compared with a ${want.kind}`);
}

/** Standard deviation of the values among answers; 1 where there are none, or all are equal. */
export function spreadOf(answers: Kept[]): number {
  const values = answers.flatMap((answer) => (answer.kind === 'value' ? [answer.value] : []));
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return Math.sqrt(variance) || 1;
}

/** 1 for two vectors of zeros. */
function cosine(one: Float32Array, other: Float32Array): number {
  let product = 0;
  for (const [i, value] of one.entries()) product += value * other[i]!;
  const lengths = Math.hypot(...one) * Math.hypot(...other);
  return lengths === 0 ? Number(Math.hypot(...one) === Math.hypot(...other)) : product / lengths;
}
