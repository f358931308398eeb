import { type AnswerSpan, type AnswerWindow, type FoundAnswers, isContext } from './answer-spans.js';
import { softmax, topIndices } from './scores.js';
import { trimmed } from './text-units.js';

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
export function squadAnswers(
  windows: AnswerWindow[],
  context: string[],
  options: SquadOptions,
): FoundAnswers & { nullScoreDiff: number | null } {
  const size = Math.max(BEST_SIZE, options.topK);
  const nullScore = Math.min(...windows.map(({ start, end }) => start[0]! + end[0]!));
  const none: AnswerSpan = { score: nullScore, start: 0, end: 0 };
  const spans = spansOf(windows, context, size, options);
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

/** Every pairing of a window's best starts and ends that is a span of the context. */
function spansOf(
  windows: AnswerWindow[],
  context: string[],
  size: number,
  { maxAnswerLen, step }: SquadOptions,
): AnswerSpan[] {
  const shown = windows.map(({ encoding }, i) => {
    const tokens = Array.from({ length: encoding.length }, (_, token) => token);
    const inContext = tokens.filter((token) => isContext(encoding, token));
    return { from: i * step, count: inContext.length, first: inContext[0] ?? 0 };
  });
  return windows.flatMap(({ encoding, start, end }, window) => {
    const offsets = encoding.offsets!;
    const ends = topIndices(end, size).filter((token) => isContext(encoding, token));
    const { from, first: firstShown } = shown[window]!;
    const starts = topIndices(start, size)
      .filter((token) => isContext(encoding, token))
      .filter((token) => windowOf(from + token - firstShown, shown) === window);
    return starts.flatMap((first) =>
      ends
        .filter((last) => last >= first && last - first < maxAnswerLen)
        .map((last) => ({
          score: start[first]! + end[last]!,
          ...trimmed(context, offsets[first * 2]!, offsets[last * 2 + 1]!),
        })),
    );
  });
}

/** The window that shows most of what is around a token of the context (token_is_max_context). */
function windowOf(token: number, shown: { from: number; count: number }[]): number {
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
function distinct(spans: AnswerSpan[], context: string[], size: number): AnswerSpan[] {
  const seen = new Set<string>();
  return spans
    .filter(({ start, end }) => {
      const text = context.slice(start, end).join('');
      if (seen.has(text) || (text === '' && end > 0)) return false;
      seen.add(text);
      return true;
    })
    .slice(0, size);
}
