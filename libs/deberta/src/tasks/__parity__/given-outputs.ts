/** For specs: tasks over a real tokenizer and outputs of the model that are given instead of computed. */
import { fileURLToPath } from 'node:url';
import { TASK_SCHEMAS, type Task, type TaskOutput } from '@heddle/contracts';
import { openTokenizer } from '../../tokenizer/tokenizer.js';
import { taskHandler } from '../handlers.js';
import type { RowTensor, Sequence, ServedModel } from '../task.js';

const TOKENIZER = fileURLToPath(new URL('../../tokenizer/__fixtures__/tokenizer.json', import.meta.url));

/** A small SentencePiece vocabulary of 721 tokens, [MASK] the last. */
export const tokenizer = await openTokenizer(TOKENIZER);

export function modelWith(changes: Partial<ServedModel> = {}): ServedModel {
  return {
    tokenizer,
    labels: [],
    problemType: null,
    maxTokens: 512,
    architecture: {
      layers: 2,
      heads: 2,
      hiddenSize: 4,
      vocabSize: 721,
      attentionTerms: ['c2c', 'c2p', 'p2c'],
    },
    pooling: 'mean',
    ...changes,
  };
}

/** Outputs of one sequence by name. */
export type GivenOutputs = Record<string, RowTensor>;

export function tensor(data: ArrayLike<number>, ...shape: number[]): RowTensor {
  return { data: Float32Array.from(data), shape: shape.length > 0 ? shape : [data.length] };
}

/** What a task answers when the model's outputs for each sequence are those of `outputsOf`. */
export async function answerWith<Output = TaskOutput>(
  task: Task,
  item: unknown,
  parameters: object,
  outputsOf: (sequence: Sequence, index: number) => GivenOutputs,
  model = modelWith(),
): Promise<{ output: Output; sequences: Sequence[] }> {
  const parsed: unknown = TASK_SCHEMAS[task].parameters.parse(parameters);
  const handler = taskHandler(task);
  const sequences = await handler.encode(item, parsed, model);
  const rows = sequences.map((sequence, i) => {
    const row = outputsOf(sequence, i);
    return sequence.keep?.(row) ?? row;
  });
  const output = await handler.decode(item, parsed, sequences, rows, model);
  return { output: output as Output, sequences };
}
