import { setImmediate } from 'node:timers/promises';
import type { Encoding } from '../tokenizer/encoding.js';
import { logSumExp, topIndices } from './scores.js';
import type { UnitText } from './text-units.js';

/** A stretch of question and context with the logits that its answer starts and ends at a token, [length] each. */
export interface AnswerWindow {
  encoding: Encoding;
  start: Float32Array;
  end: Float32Array;
}

/** A stretch of the context, in code points, its blanks included; 0, 0 says that there is no answer. */
export interface AnswerSpan {
  score: number;
  start: number;
  end: number;
}

export interface FoundAnswers {
  /** Best first. */
  answers: AnswerSpan[];
  nullScore: number;
}

interface PipelineOptions {
  topK: number;
  /** Tokens of the longest answer. */
  maxAnswerLen: number;
  alignToWords: boolean;
  handleImpossible: boolean;
}

/**
 * Answers by the rules of transformers' QuestionAnsweringPipeline (4.57.6): start and end are each a distribution
 * over the context and [CLS], a span's score is the product, and spans of different windows or tokens that read the
 * same are one answer whose scores are added. Only spans inside the context are looked at; the pipeline also lets
 * spans of probability 0 through where a window has few others.
 */
export async function pipelineAnswers(
  windows: AnswerWindow[],
  context: UnitText,
  options: PipelineOptions,
): Promise<FoundAnswers> {
  const { topK, alignToWords, handleImpossible } = options;
  // Several spans become one when they are widened to words, so more of them are taken.
  const spansPerWindow = alignToWords ? topK * 2 + 10 : topK;
  const byText = new Map<string, AnswerSpan>();
  let nullScore = 1;
  for (const { encoding, start, end } of windows) {
    const starts = distribution(start, encoding);
    const ends = distribution(end, encoding);
    nullScore = Math.min(nullScore, starts[0]! * ends[0]!);
    for (const span of bestSpans(starts, ends, encoding, options.maxAnswerLen, spansPerWindow)) {
      const place = placeOf(span, encoding, alignToWords);
      const key = context.slice(place.start, place.end).toLowerCase();
      const known = byText.get(key);
      if (known) known.score += span.score;
      else byText.set(key, { score: span.score, ...place });
    }
    // A window takes some milliseconds, and a context may have hundreds.
    await setImmediate();
  }
  const answers = [...byText.values()];
  if (handleImpossible) answers.push({ score: nullScore, start: 0, end: 0 });
  return { answers: answers.sort((a, b) => b.score - a.score), nullScore };
}

/** Whether a token belongs to the context, which is the second text. */
export function isContext({ pairStart, special }: Encoding, token: number): boolean {
  return token >= pairStart && special[token] === 0;
}

/** Softmax over the context and every [CLS]; 0 for question and special tokens. */
function distribution(logits: Float32Array, encoding: Encoding): Float64Array {
  const { ids, length } = encoding;
  const allowed = Uint8Array.from({ length }, (_, i) => Number(isContext(encoding, i) || ids[i] === ids[0]));
  const sum = logSumExp(logits.filter((_, i) => allowed[i]));
  return Float64Array.from(logits, (logit, i) => (allowed[i] ? Math.exp(logit - sum) : 0));
}

interface TokenSpan {
  first: number;
  last: number;
  score: number;
}

/** The `count` likeliest spans of at most `maxLength` tokens; equal ones in the order of the text. */
function bestSpans(
  starts: Float64Array,
  ends: Float64Array,
  encoding: Encoding,
  maxLength: number,
  count: number,
): TokenSpan[] {
  const firsts: number[] = [];
  const lasts: number[] = [];
  const scores: number[] = [];
  for (let first = 1; first < encoding.length; first++) {
    if (!isContext(encoding, first)) continue;
    const beyond = Math.min(first + maxLength, encoding.length);
    for (let last = first; last < beyond && isContext(encoding, last); last++) {
      firsts.push(first);
      lasts.push(last);
      scores.push(starts[first]! * ends[last]!);
    }
  }
  return topIndices(scores, count).map((i) => ({ first: firsts[i]!, last: lasts[i]!, score: scores[i]! }));
}

/** Code points of a span; widened to the words it touches, as far as the window shows them. */
function placeOf(
  { first, last }: TokenSpan,
  encoding: Encoding,
  alignToWords: boolean,
): Pick<AnswerSpan, 'start' | 'end'> {
  let from = first;
  let to = last;
  const words = encoding.words!;
  if (alignToWords) {
    while (words[from - 1] === words[first] && isContext(encoding, from - 1)) from--;
    while (words[to + 1] === words[last] && isContext(encoding, to + 1)) to++;
  }
  return { start: encoding.offsets![from * 2]!, end: encoding.offsets![to * 2 + 1]! };
}
