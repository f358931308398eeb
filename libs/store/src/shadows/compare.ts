import type { ItemResult } from '@heddle/contracts';

/** How two lists of results of the same inputs differ. */
export interface Comparison {
  /** Items of which both say what they decide; and of those, the ones where it is the same. */
  decisions: number;
  same: number;
  /** Scores that both have, and the sum of their absolute differences. */
  differences: number;
  difference: number;
}

/** What one item decides, and the score it gives to each thing; a decision is null where there is none to make. */
interface Answer {
  decision: string | null;
  scores: Map<string, number>;
}

/**
 * Compares the answers of the version of an alias with those of its shadow, item by item. A decision is the likeliest label, the set of selected
 * labels or of entities, the best answer, choice, token or document. The difference is that of the score of what the alias's version decided; of
 * numbers (`value`, `score`) their own, of vectors 1 − cosine. An error is a decision; outputs in base64 and attention are not compared.
 */
export function compareResults(own: ItemResult[], shadow: ItemResult[]): Comparison {
  const comparison: Comparison = { decisions: 0, same: 0, differences: 0, difference: 0 };
  for (const [i, result] of own.entries()) {
    const [one, other] = [answerOf(result), answerOf(shadow[i])];
    if (one.decision !== null && other.decision !== null) {
      comparison.decisions++;
      if (one.decision === other.decision) comparison.same++;
    }
    for (const [name, score] of one.scores) {
      const theirs = other.scores.get(name);
      if (theirs === undefined) continue;
      comparison.differences++;
      comparison.difference += Math.abs(score - theirs);
    }
    const distance = distanceOf(result, shadow[i]);
    if (distance === null) continue;
    comparison.differences++;
    comparison.difference += distance;
  }
  return comparison;
}

/** Of a shadow that could not answer at all: nothing it had to decide is decided as the other did. */
export function failureOf(own: ItemResult[]): Comparison {
  const decisions = own.filter((result) => answerOf(result).decision !== null).length;
  return { decisions, same: 0, differences: 0, difference: 0 };
}

interface Scored {
  score: number;
}

/** All that outputs may hold, as far as it is compared. */
interface AnyOutput {
  labels?: (Scored & { label: string })[];
  selected?: string[];
  value?: number;
  values?: number[];
  entities?: (Scored & { entity?: string; entity_group?: string; start: number; end: number })[];
  answers?: (Scored & { answer: string })[];
  choices?: (Scored & { index: number })[];
  best?: number;
  masks?: (Scored & { token: string })[][];
  results?: (Scored & { index: number })[];
  score?: number;
  embedding?: unknown;
}

function answerOf(result: ItemResult | undefined): Answer {
  if (result?.error) return { decision: `error ${result.error.code}`, scores: new Map() };
  const output = result?.output as AnyOutput | undefined;
  if (!output) return { decision: null, scores: new Map() };
  if (output.labels) {
    const scores = new Map(output.labels.map(({ label, score }) => [label, score]));
    const decision = output.selected ? JSON.stringify([...output.selected].sort()) : output.labels[0]?.label;
    return { decision: decision ?? '', scores };
  }
  if (output.entities) {
    const named = output.entities.map((entity) => [
      `${entity.start} ${entity.end} ${entity.entity_group ?? entity.entity}`,
      entity.score,
    ]) as [string, number][];
    return { decision: named.map(([name]) => name).join(), scores: new Map(named) };
  }
  if (output.answers) return best(output.answers, ({ answer }) => answer);
  if (output.choices) {
    const scores = new Map(output.choices.map(({ index, score }) => [String(index), score]));
    return { decision: String(output.best), scores };
  }
  if (output.masks) {
    const tops = output.masks.map((mask, i) => [`${i} ${mask[0]?.token}`, mask[0]?.score ?? 0]) as [
      string,
      number,
    ][];
    return { decision: tops.map(([name]) => name).join(), scores: new Map(tops) };
  }
  if (output.results) return best(output.results, ({ index }) => String(index));
  const numbers = output.values ?? [output.value ?? output.score].filter((number) => number !== undefined);
  return { decision: null, scores: new Map(numbers.map((number, i) => [`number ${i}`, number])) };
}

function best<Item extends Scored>(items: Item[], name: (item: Item) => string): Answer {
  const scores = new Map(items.map((item) => [name(item), item.score]));
  return { decision: items[0] ? name(items[0]) : '', scores };
}

/** 1 − cosine of two vectors of the same length; null where there are none. */
function distanceOf(one: ItemResult, other: ItemResult | undefined): number | null {
  const [a, b] = [one, other].map((result) => (result?.output as AnyOutput | undefined)?.embedding);
  if (!isVector(a) || !isVector(b) || a.length !== b.length) return null;
  const dot = (x: number[], y: number[]) => x.reduce((sum, value, i) => sum + value * y[i]!, 0);
  const norms = Math.sqrt(dot(a, a) * dot(b, b));
  return norms === 0 ? null : 1 - dot(a, b) / norms;
}

function isVector(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((number) => typeof number === 'number');
}
