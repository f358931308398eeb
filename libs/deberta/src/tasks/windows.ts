import { HeddleError } from '@heddle/contracts';
import type { Encoding } from '../tokenizer/encoding.js';
import type { Tokenizer } from '../tokenizer/tokenizer.js';

/** Windows of one item; more would let a stride of almost a window turn one text into hours of work. */
const MAX_WINDOWS = 1000;

export interface WindowInput {
  /** A text that every window shows whole, before the part of the other. */
  question?: string;
  /** The text that is shown in windows. */
  text: string;
  /** Longest window, question and special tokens included. */
  maxTokens: number;
  /** Tokens of the text that neighbouring windows share; half a window where they would be all of it. */
  stride: number;
}

/**
 * Shows a text of any length in overlapping windows. Errors: `input-too-long` when the question leaves no room for
 * the text, or the windows would be more than a thousand; `tokenizer-error`.
 */
export async function encodeInWindows(tokenizer: Tokenizer, input: WindowInput): Promise<Encoding[]> {
  const { question, text, maxTokens } = input;
  const room = maxTokens - (await tokensAround(tokenizer, question));
  if (room < 1) {
    const actual = maxTokens - room + 1;
    throw new HeddleError(
      'input-too-long',
      `The question has ${actual} tokens; a window of ${maxTokens} has no room for a context.`,
      { extra: { max: maxTokens, actual } },
    );
  }
  const step = stepOf(room, input.stride);
  await refuseTooMany(tokenizer, text, room, step);
  const encodings = await tokenizer.encodeWindows(
    question === undefined ? { text } : { text: question, pair: text },
    {
      maxTokens,
      stride: room - step,
      cut: question === undefined ? 'first' : 'second',
      offsets: true,
      words: true,
    },
  );
  // What one window does not show, others do.
  return encodings.map((encoding) => ({ ...encoding, truncated: 0 }));
}

/** Tokens of the text from the start of one window to that of the next; `room` is what a window shows of it. */
export function stepOf(room: number, stride: number): number {
  return room - (stride < room ? stride : Math.floor(room / 2));
}

/** Tokens of a window that are not the text's. */
async function tokensAround(tokenizer: Tokenizer, question: string | undefined): Promise<number> {
  const input = question === undefined ? { text: '' } : { text: question, pair: '' };
  return (await tokenizer.encode(input, WHOLE)).length;
}

const WHOLE = {
  maxTokens: Number.POSITIVE_INFINITY,
  truncate: false,
  truncationSide: 'right',
} as const;

/** Windows that overlap by half at most are bounded by the length of the text. */
async function refuseTooMany(tokenizer: Tokenizer, text: string, room: number, step: number): Promise<void> {
  if (step * 2 >= room) return;
  const { length } = await tokenizer.encode({ text }, WHOLE);
  const windows = 1 + Math.ceil(Math.max(0, length - room) / step);
  if (windows <= MAX_WINDOWS) return;
  throw new HeddleError(
    'input-too-long',
    `Windows that overlap so much would be ${windows}; at most ${MAX_WINDOWS} are made.`,
    { extra: { max: MAX_WINDOWS, actual: windows } },
  );
}
