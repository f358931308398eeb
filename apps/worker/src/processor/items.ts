import {
  ERRORS,
  HeddleError,
  type ItemError,
  type ItemResult,
  LIMITS,
  TASK_SCHEMAS,
  type Task,
} from '@heddle/contracts';
import { type Sequence, type ServedModel, taskHandler } from '@heddle/deberta';
import type { Answer } from '../batcher/batcher.js';
import { endsAttempt } from '../batcher/errors.js';
import { inLoopTurn } from './loop-turn.js';

/** Items of one job whose sequences wait for the engine at the same time: bounds memory, fills batches. */
const ITEMS_IN_FLIGHT = 64;
/**
 * Serialised characters of a job's items that are tokenised at the same time: native tokens take a hundred bytes a
 * character until they are cut.
 */
const CHARS_IN_FLIGHT = 1_000_000;

/** What the items of a job cost altogether. */
export interface Tally {
  tokens: number;
  paddedTokens: number;
  truncated: number;
  tokenizeMs: number;
  inferenceMs: number;
  /** Of the answers that may be large. */
  answerBytes: number;
}

/** An item's result as it is stored: serialised one by one, because all of a job's at once would block the loop. */
export interface RanItem {
  json: string;
  failed: boolean;
  tokens: number;
}

export interface ItemsInput {
  task: Task;
  parameters: Record<string, unknown>;
  inputs: unknown[];
  model: ServedModel;
  infer: (sequence: Sequence) => Promise<Answer>;
  /** Resolves when an answer of so many bytes may be in memory, until the job has ended. */
  admit: (bytes: number) => Promise<void>;
  /** Called when the attempt is over before every item is: what is still under way is of no use. */
  abandon: () => void;
  /** Told of the code of every item's error. */
  onItemError: (code: string) => void;
  /** Told of an error that is nobody's input but a bug; the item fails, its neighbours do not. */
  onBug: (error: unknown) => void;
}

/**
 * Every item of a job: text → sequences → outputs of the model → output. An item ends in an output or an error of its own;
 * only errors of the engine as a whole, and the job's abort reason, reject.
 */
export async function runItems(input: ItemsInput): Promise<{ items: RanItem[]; tally: Tally }> {
  const tally: Tally = {
    tokens: 0,
    paddedTokens: 0,
    truncated: 0,
    tokenizeMs: 0,
    inferenceMs: 0,
    answerBytes: 0,
  };
  const items: RanItem[] = new Array(input.inputs.length);
  let next = 0;
  let over: { error: unknown } | null = null;
  const lane = async () => {
    while (next < input.inputs.length && !over) {
      const index = next++;
      try {
        const own = { tokens: 0 };
        const result = await runItem(input, index, tally, own);
        if (result.error) input.onItemError(result.error.code);
        items[index] = { json: JSON.stringify(result), failed: result.error !== undefined, ...own };
      } catch (error) {
        over ??= { error };
        input.abandon();
      }
    }
  };
  await Promise.all(Array.from({ length: lanesFor(input.inputs) }, lane));
  // Thrown only now: no lane may go on with a job that is about to run again.
  if (over) throw (over as { error: unknown }).error;
  return { items, tally };
}

function lanesFor(inputs: unknown[]): number {
  const longest = inputs.reduce<number>((most, item) => Math.max(most, charsIn(item)), 1);
  return Math.min(ITEMS_IN_FLIGHT, inputs.length, Math.max(1, Math.floor(CHARS_IN_FLIGHT / longest)));
}

/** Characters of all strings in an item. */
function charsIn(item: unknown): number {
  if (typeof item === 'string') return item.length;
  if (typeof item !== 'object' || item === null) return 0;
  return Object.values(item).reduce<number>((sum, value) => sum + charsIn(value), 0);
}

/** `own`: what the item alone has read. */
async function runItem(
  input: ItemsInput,
  index: number,
  tally: Tally,
  own: { tokens: number },
): Promise<ItemResult> {
  const item = input.inputs[index];
  const id = (item as { id?: unknown } | null)?.id;
  const named = typeof id === 'string' ? { index, id } : { index };
  try {
    return { ...named, output: await answer(input, item, tally, own) };
  } catch (error) {
    if (endsAttempt(error)) throw error;
    if (error instanceof HeddleError) return { ...named, error: toItemError(error) };
    input.onBug(error);
    return { ...named, error: { code: 'internal', message: ERRORS.internal.title } };
  }
}

/** An item's answer of so many bytes at most asks for no room: a thousand of them, as many as a job has, are 4 MiB. */
const SMALL_ANSWER_BYTES = 4_096;

async function answer(
  { task, parameters, model, infer, admit }: ItemsInput,
  item: unknown,
  tally: Tally,
  own: { tokens: number },
) {
  const handler = taskHandler(task);
  const parsed = TASK_SCHEMAS[task].parameters.parse(parameters);
  const sequences = await inLoopTurn(async () => {
    const started = performance.now();
    const encoded = await handler.encode(item, parsed, model);
    tally.tokenizeMs += performance.now() - started;
    return encoded;
  });
  const answerBytes = sequences.reduce((sum, { answerBytes: bytes = 0 }) => sum + bytes, 0);
  refuseTooLarge(answerBytes, tally);
  // What is small waits for no room that large ones take.
  if (answerBytes > SMALL_ANSWER_BYTES) await admit(answerBytes);
  const answers = await Promise.all(sequences.map(infer));
  sequences.forEach(({ encoding }, i) => {
    tally.tokens += encoding.length;
    own.tokens += encoding.length;
    tally.paddedTokens += answers[i]!.paddedLength;
    tally.truncated += encoding.truncated > 0 ? 1 : 0;
    tally.inferenceMs = Math.max(tally.inferenceMs, answers[i]!.inferenceMs);
  });
  if (answers.some(({ row }) => !row.finite)) {
    throw new HeddleError('non-finite-output', 'The model answered with a number that is not finite.');
  }
  const rows = answers.map(({ row }) => row.outputs);
  return inLoopTurn(() => handler.decode(item, parsed, sequences, rows, model));
}

/** A job is stored and sent in one piece: its items together are bounded as each of them is. */
function refuseTooLarge(bytes: number, tally: Tally): void {
  if (bytes > 0 && tally.answerBytes + bytes > LIMITS.maxOutputBytes) {
    throw new HeddleError(
      'output-too-large',
      `The outputs of a job have at most ${LIMITS.maxOutputBytes} bytes together; this item's would go beyond.`,
      { extra: { max: LIMITS.maxOutputBytes } },
    );
  }
  tally.answerBytes += bytes;
}

function toItemError(error: HeddleError): ItemError {
  return { code: error.code, message: error.message, ...error.extra };
}
