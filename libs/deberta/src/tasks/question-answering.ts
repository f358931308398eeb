import type {
  Answer,
  QuestionAnsweringOutput,
  QuestionAnsweringParameters,
  QuestionItem,
} from '@heddle/contracts';
import { float32 } from '@heddle/contracts';
import type { Tokenizer } from '../tokenizer/tokenizer.js';
import { type AnswerSpan, type AnswerWindow, isContext, pipelineAnswers } from './answer-spans.js';
import { squadAnswers } from './squad-answers.js';
import type { ForwardRow, Sequence, ServedModel, TaskHandler } from './task.js';
import { inUnits, sliceOf, type UnitText } from './text-units.js';
import { tokenLogits, withLogits } from './token-logits.js';
import { encodeInWindows, stepOf } from './windows.js';

/** Answers that are worked out at most, whatever `top_k` says. */
const MAX_ANSWERS = 1000;
/** Overlap of windows in tokens where they are long enough, as transformers' pipeline has it. */
const DEFAULT_STRIDE = 128;
const OUTPUTS = ['start_logits', 'end_logits'];

/** The stretch of the context that answers a question; long contexts are read in overlapping windows. */
export const questionAnswering: TaskHandler<
  QuestionItem,
  QuestionAnsweringParameters,
  QuestionAnsweringOutput
> = {
  encode: async (item, parameters, model) => {
    const { tokenizer } = model;
    const { maxTokens, stride } = windowOf(parameters, model);
    const question = await shortened(item.question, parameters, maxTokens, tokenizer);
    const windows = await encodeInWindows(tokenizer, { question, text: item.context, maxTokens, stride });
    const sequences = windows.map((encoding): Sequence => ({ encoding, graph: 'main', outputs: OUTPUTS }));
    return parameters.return_logits ? withLogits(sequences, OUTPUTS.length) : sequences;
  },

  decode: async (item, parameters, sequences, rows, model) => {
    const text = inUnits(item.context, parameters.offsets);
    const { answers, ...scores } = await findAnswers(parameters, sequences, rows, text, model);
    const shown = new Map<string, Answer>();
    for (const { start, end, score } of answers) {
      const { slice, ...place } = sliceOf(text, start, end);
      const key = `${place.start} ${place.end}`;
      // Blanks are no answer, and a place with and without the blank before it is one.
      if ((slice === '' && end > 0) || shown.has(key)) continue;
      shown.set(key, { answer: slice, score: float32(score), ...place });
    }
    const best = [...shown.values()].slice(0, Math.min(parameters.top_k, MAX_ANSWERS));
    const logits = parameters.return_logits ? { logits: tokenLogits(sequences, rows, OUTPUTS) } : {};
    return { answers: best, no_answer: !best[0]?.answer, ...scores, ...logits };
  },
};

interface RawAnswers {
  /** Best first, in code points of the context, blanks at the edges included. */
  answers: AnswerSpan[];
  null_score: number;
  null_score_diff?: number;
}

/** Every answer as the chosen method finds it, before anything is trimmed or cut off. */
export async function findAnswers(
  parameters: QuestionAnsweringParameters,
  sequences: Sequence[],
  rows: ForwardRow[],
  context: UnitText,
  model: ServedModel,
): Promise<RawAnswers> {
  const windows = rows.map(
    (row, i): AnswerWindow => ({
      encoding: sequences[i]!.encoding,
      start: row.start_logits!.data,
      end: row.end_logits!.data,
    }),
  );
  const options = {
    topK: Math.min(parameters.top_k, MAX_ANSWERS),
    maxAnswerLen: parameters.max_answer_len,
    handleImpossible: parameters.handle_impossible_answer,
  };
  if (parameters.method === 'pipeline') {
    const { answers, nullScore } = await pipelineAnswers(windows, context, {
      ...options,
      alignToWords: parameters.align_to_words,
    });
    return { answers, null_score: float32(nullScore) };
  }
  const { answers, nullScore, nullScoreDiff } = await squadAnswers(windows, context, {
    ...options,
    step: stepBetween(windows, windowOf(parameters, model).stride),
    threshold: parameters.null_score_diff_threshold,
  });
  return {
    answers,
    null_score: float32(nullScore),
    ...(nullScoreDiff === null ? {} : { null_score_diff: float32(nullScoreDiff) }),
  };
}

function windowOf(
  { max_seq_len: length, doc_stride: stride }: QuestionAnsweringParameters,
  model: ServedModel,
): { maxTokens: number; stride: number } {
  const maxTokens = Math.min(length, model.maxTokens);
  return { maxTokens, stride: stride ?? Math.min(Math.floor(maxTokens / 2), DEFAULT_STRIDE) };
}

/** Any number where there is one window only. */
function stepBetween([first]: AnswerWindow[], stride: number): number {
  const { encoding } = first!;
  const room = encoding.special.filter((_, token) => isContext(encoding, token)).length;
  return stepOf(room, stride);
}

/** A question that may be cut is cut to half a window, so that room for the context is left. */
async function shortened(
  question: string,
  { truncate, truncation_side: truncationSide }: QuestionAnsweringParameters,
  maxTokens: number,
  tokenizer: Tokenizer,
): Promise<string> {
  if (!truncate) return question;
  const options = { maxTokens: Math.floor(maxTokens / 2), truncate, truncationSide, offsets: true };
  const { truncated, offsets, special, length } = await tokenizer.encode({ text: question }, options);
  if (truncated === 0) return question;
  const first = special.indexOf(0);
  const last = special.lastIndexOf(0, length - 1);
  return Array.from(question)
    .slice(offsets![first * 2]!, offsets![last * 2 + 1]!)
    .join('');
}
