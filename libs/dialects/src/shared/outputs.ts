import {
  type EmbedOutput,
  float32,
  HeddleError,
  type LabelScore,
  type RerankOutput,
  type TaskOutput,
  type Vector,
} from '@heddle/contracts';

/** Vector of a text. */
export function vectorOf(output: TaskOutput): Vector {
  return (output as Extract<EmbedOutput, { embedding: Vector }>).embedding;
}

/** Vectors of the tokens of a text. */
export function tokenVectorsOf(output: TaskOutput): Vector[] {
  return (output as Extract<EmbedOutput, { embeddings: Vector[] }>).embeddings;
}

export function rankingOf(output: TaskOutput): RerankOutput['results'] {
  return (output as RerankOutput).results;
}

/**
 * Labels by falling score; the numbers of a regression as the scores of its `names`. Throws `task-not-supported` for the
 * answers of other tasks.
 */
export function scoresOf(output: TaskOutput, names: readonly string[]): LabelScore[] {
  if ('labels' in output) return output.labels;
  const values = 'value' in output ? [output.value] : 'values' in output ? output.values : null;
  if (!values) throw new HeddleError('task-not-supported', 'The model does not answer with labels.');
  return values
    .map((score, i) => ({ label: names[i] ?? `LABEL_${i}`, score }))
    .sort((a, b) => b.score - a.score);
}

/** Cosines of the first vector with each of the others; 0 with one that has no length. */
export function cosines([source, ...others]: Vector[]): number[] {
  return others.map((other) => {
    const [a, b] = [source as number[], other as number[]];
    const length = Math.sqrt(dot(a, a) * dot(b, b));
    return length === 0 ? 0 : float32(dot(a, b) / length);
  });
}

function dot(a: number[], b: number[]): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0);
}
