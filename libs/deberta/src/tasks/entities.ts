import { argmax } from './scores.js';

/** A token with its label probabilities; `start` and `end` in code points. */
export interface TaggedToken {
  id: number;
  /** Position in the sequence, special tokens counted. */
  index: number;
  start: number;
  end: number;
  /** Continues the word of the token before it. */
  continues: boolean;
  scores: number[];
}

/** A label over a stretch of text. */
export interface Span {
  label: string;
  score: number;
  start: number;
  end: number;
  /** The tokens it is made of, by the words that were labelled as a whole. */
  words: TaggedToken[][];
}

export type WordStrategy = 'first' | 'average' | 'max';

/** One span a token. */
export function tokenSpans(tokens: TaggedToken[], labels: string[]): Span[] {
  return tokens.map((token) => {
    const best = argmax(token.scores);
    const { start, end, scores } = token;
    return { label: labels[best]!, score: scores[best]!, start, end, words: [[token]] };
  });
}

/** One span a word: its first token's label, that of the mean of its tokens, or that of its surest token. */
export function wordSpans(tokens: TaggedToken[], labels: string[], strategy: WordStrategy): Span[] {
  const words: TaggedToken[][] = [];
  for (const token of tokens) {
    if (token.continues && words.length > 0) words.at(-1)!.push(token);
    else words.push([token]);
  }
  return words.map((word) => {
    const scores = wordScores(word, strategy);
    const best = argmax(scores);
    const { start } = word[0]!;
    const { end } = word.at(-1)!;
    return { label: labels[best]!, score: scores[best]!, start, end, words: [word] };
  });
}

function wordScores(word: TaggedToken[], strategy: WordStrategy): number[] {
  if (strategy === 'first') return word[0]!.scores;
  if (strategy === 'max') {
    const surest = argmax(word.map(({ scores }) => Math.max(...scores)));
    return word[surest]!.scores;
  }
  return word[0]!.scores.map((_, i) => word.reduce((sum, { scores }) => sum + scores[i]!, 0) / word.length);
}

/**
 * Neighbours of one type as one entity (transformers' group_entities): a span continues the group unless its
 * label begins with "B-" or its type differs. The group's score is the mean, its type the text after the first "-".
 */
export function grouped(spans: Span[]): Span[] {
  const groups: Span[][] = [];
  let open = '';
  for (const span of spans) {
    const { begins, type } = partsOf(span.label);
    if (groups.length > 0 && type === open && !begins) groups.at(-1)!.push(span);
    else groups.push([span]);
    open = type;
  }
  return groups.map((group) => ({
    label: afterFirstDash(group[0]!.label),
    score: group.reduce((sum, { score }) => sum + score, 0) / group.length,
    start: group[0]!.start,
    end: group.at(-1)!.end,
    words: group.flatMap(({ words }) => words),
  }));
}

/**
 * Entities of overlapping windows, in the order of their starts (transformers' aggregate_overlapping_entities): of
 * two that overlap the longer one stays, of two that are as long the surer one.
 */
export function merged(spans: Span[]): Span[] {
  const kept: Span[] = [];
  for (const span of [...spans].sort((a, b) => a.start - b.start)) {
    const last = kept.at(-1);
    if (!last || span.start >= last.end) kept.push(span);
    else if (isPreferred(span, last)) kept[kept.length - 1] = span;
  }
  return kept;
}

function isPreferred(span: Span, other: Span): boolean {
  const difference = span.end - span.start - (other.end - other.start);
  return difference > 0 || (difference === 0 && span.score > other.score);
}

function partsOf(label: string): { begins: boolean; type: string } {
  if (label.startsWith('B-')) return { begins: true, type: label.slice(2) };
  return { begins: false, type: label.startsWith('I-') ? label.slice(2) : label };
}

function afterFirstDash(label: string): string {
  return label.slice(label.indexOf('-') + 1);
}
