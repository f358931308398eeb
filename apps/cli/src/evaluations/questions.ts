import { HeddleError, TASK_SCHEMAS, type TaskOutput } from '@heddle/contracts';
import {
  argmax,
  type Encoding,
  type ForwardRow,
  type Sequence,
  type ServedModel,
  taskHandler,
} from '@heddle/deberta';
import { type Example, type Measured, maskedPositions, type Reference } from '@heddle/evaluation';
import type { PlainText } from './texts.js';

/** What every graph of a model is asked, tokenised once. */
export interface Question {
  /** Place in the data set. */
  index: number;
  expected: Reference;
  group?: string;
  sequences: Sequence[];
  answer(rows: ForwardRow[]): TaskOutput | Promise<TaskOutput>;
}

export interface Questions {
  questions: Question[];
  /** Examples that the model cannot be asked, and why the first cannot. */
  leftOut: number;
  firstReason: string | null;
}

/** The examples of a dataset, by the task's own handler, as a worker asks them. Errors: the signal's reason. */
export async function questionsOf(
  examples: readonly Example[],
  { task, parameters }: Measured,
  { served, signal }: { served: ServedModel; signal: AbortSignal },
): Promise<Questions> {
  const parsed = TASK_SCHEMAS[task].parameters.parse(parameters);
  const handler = taskHandler(task);
  const found: Questions = { questions: [], leftOut: 0, firstReason: null };
  for (const { index, line, input, expected, group } of examples) {
    signal.throwIfAborted();
    try {
      const sequences = await handler.encode(input, parsed, served);
      found.questions.push({
        index,
        expected: expected as Reference,
        ...(group !== undefined && { group }),
        sequences,
        answer: (rows) => handler.decode(input, parsed, sequences, rows, served),
      });
    } catch (error) {
      if (!(error instanceof HeddleError)) throw error;
      found.leftOut++;
      found.firstReason ??= `line ${line}: ${error.message}`;
    }
  }
  return found;
}

/** Texts of which some tokens are hidden, to be guessed; cut to what the model reads. */
export async function maskedQuestions(
  texts: readonly PlainText[],
  { served, seed, signal }: { served: ServedModel; seed: number; signal: AbortSignal },
): Promise<Questions> {
  const { tokenizer, maxTokens } = served;
  const { mask } = tokenizer.special;
  if (mask === null) throw new HeddleError('no-mask-token', "The model's vocabulary has no [MASK].");
  const found: Questions = { questions: [], leftOut: 0, firstReason: null };
  for (const [index, text] of texts.entries()) {
    signal.throwIfAborted();
    const encoding = await tokenizer.encode(text, { maxTokens, truncate: true, truncationSide: 'right' });
    const positions = maskedPositions(encoding.special, seed, index);
    if (positions.length === 0) {
      found.leftOut++;
      found.firstReason ??= 'a text has no token of its own';
      continue;
    }
    found.questions.push({
      index,
      expected: [...positions].map((position) => String(encoding.ids[position]!)),
      sequences: [
        {
          encoding: hidden(encoding, positions, mask),
          graph: 'main',
          outputs: ['logits'],
          positions,
          keep: best,
        },
      ],
      answer: ([row]) => ({
        masks: Array.from(row!.ids!.data, (id) => [
          { token: String(id), token_id: id, score: 1, sequence: '' },
        ]),
      }),
    });
  }
  return found;
}

function hidden(encoding: Encoding, positions: Int32Array, mask: number): Encoding {
  const ids = encoding.ids.slice();
  for (const position of positions) ids[position] = mask;
  return { ...encoding, ids };
}

/** The likeliest token of every mask: rows of a whole vocabulary are not kept. */
function best({ logits }: ForwardRow): ForwardRow {
  const { data, shape } = logits!;
  const [masks = 0, size = 0] = shape;
  const ids = Float32Array.from({ length: masks }, (_, i) => argmax(data.subarray(i * size, (i + 1) * size)));
  return { ids: { data: ids, shape: [masks] } };
}
