import { setImmediate } from 'node:timers/promises';
import { type AnswerSpan, type AnswerWindow, type FoundAnswers, isContext } from './answer-spans.js';
import { softmax, topIndices } from './scores.js';
import { trimmed, type UnitText } from './text-units.js';

/** Starts, ends and answers that are looked at, unless more are asked for (n_best_size of the SQuAD scripts). */
const BEST_SIZE = 20;
/** What a token of a window's length counts in the choice between two that show a token equally well. */
const LENGTH_BONUS = 0.01;

interface SquadOptions {
  topK: number;
  /** Tokens of the longest answer. */
  maxAnswerLen: number;
  /** Tokens of the context from the start of one window to that of the next. */
  step: number;
  handleImpossible: boolean;
  /** There is no answer when the null score is greater than the best answer's by more than this. */
  threshold: number;
}

/**
 * Answers by the rules of the SQuAD scripts (compute_predictions_logits of transformers): a span's score is the sum
 * of its two logits; it counts only in the window that shows most of what is around its start; the null score is
 * the smallest sum of the two logits of [CLS]. Scores are the softmax over the best spans. `nullScoreDiff`, which
 * the threshold is held against, is null when there is no span to compare.
 */
export async function squadAnswers(
  windows: AnswerWindow[],
  context: UnitText,
  options: SquadOptions,
): Promise<FoundAnswers & { nullScoreDiff: number | null }> {
  const size = Math.max(BEST_SIZE, options.topK);
  const nullScore = Math.min(...windows.map(({ start, end }) => start[0]! + end[0]!));
  const none: AnswerSpan = { score: nullScore, start: 0, end: 0 };
  const shown = windows.map((window, i) => shownBy(window, i * options.step));
  const spans: AnswerSpan[] = [];
  for (const [i, window] of windows.entries()) {
    const isBestShown = (token: number) => windowOf(shown[i]!.from + token - shown[i]!.first, shown) === i;
    spans.push(...bestSpans(window, context, size, options.maxAnswerLen, isBestShown));
    // A window takes some milliseconds, and a context may have hundreds.
    await setImmediate();
  }
  if (options.handleImpossible) spans.push(none);
  spans.sort((a, b) => b.score - a.score);
  const best = distinct(spans, context, size);
  if (options.handleImpossible && !best.includes(none)) best.push(none);
  const probabilities = softmax(best.map(({ score }) => score));
  const answer = best.find((span) => span !== none);
  const nullScoreDiff = answer ? nullScore - answer.score : null;
  const chosen = options.handleImpossible && isNone(nullScoreDiff, options.threshold) ? none : answer;
  const answers = best.map((span, i) => ({ ...span, score: probabilities[i]! }));
  if (chosen) answers.unshift(...answers.splice(best.indexOf(chosen), 1));
  return { answers, nullScore, nullScoreDiff };
}

function isNone(nullScoreDiff: number | null, threshold: number): boolean {
  return nullScoreDiff === null || nullScoreDiff > threshold;
}

/** What a window shows of the context: `count` tokens, the first of which is `from` there and `first` here. */
interface Shown {
  from: number;
  count: number;
  first: number;
}

function shownBy({ encoding }: AnswerWindow, from: number): Shown {
  const tokens = [...encoding.special.keys()].filter((token) => isContext(encoding, token));
  return { from, count: tokens.length, first: tokens[0] ?? 0 };
}

/** The `size` best spans of one window that read differently, of its best starts and ends. */
function bestSpans(
  { encoding, start, end }: AnswerWindow,
  context: UnitText,
  size: number,
  maxLength: number,
  isBestShown: (token: number) => boolean,
): AnswerSpan[] {
  const starts = topIndices(start, size).filter((token) => isContext(encoding, token) && isBestShown(token));
  const ends = new Set(topIndices(end, size).filter((token) => isContext(encoding, token)));
  const spans: { first: number; last: number; score: number }[] = [];
  for (const first of starts) {
    for (let last = first; last < first + maxLength && last < encoding.length; last++) {
      if (ends.has(last)) spans.push({ first, last, score: start[first]! + end[last]! });
    }
  }
  spans.sort((a, b) => b.score - a.score);
  const placed = spans.map(({ first, last, score }) => {
    const { offsets } = encoding;
    return { score, ...trimmed(context.characters, offsets![first * 2]!, offsets![last * 2 + 1]!) };
  });
  return distinct(placed, context, size);
}

/** The window that shows most of what is around a token of the context (token_is_max_context). */
function windowOf(token: number, shown: Shown[]): number {
  let best = -1;
  let bestScore = Number.NEGATIVE_INFINITY;
  for (const [i, { from, count }] of shown.entries()) {
    const before = token - from;
    const after = from + count - 1 - token;
    if (before < 0 || after < 0) continue;
    const score = Math.min(before, after) + LENGTH_BONUS * count;
    if (score > bestScore) [best, bestScore] = [i, score];
  }
  return best;
}

/** The first `size` spans that read differently; blanks are no answer, [0, 0) is. */
function distinct(spans: AnswerSpan[], context: UnitText, size: number): AnswerSpan[] {
  const found = new Map<string, AnswerSpan>();
  for (const span of spans) {
    const text = context.slice(span.start, span.end);
    if ((text !== '' || span.end === 0) && !found.has(text)) found.set(text, span);
    if (found.size === size) break;
  }
  return [...found.values()];
}
