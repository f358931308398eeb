import type { ChoiceItem, MultipleChoiceOutput, MultipleChoiceParameters } from '@heddle/contracts';
import { argmax, softmax } from './scores.js';
import { logitsFor, type TaskHandler } from './task.js';

/** Which continuation fits: one sequence a choice, softmax over the choices. */
export const multipleChoice: TaskHandler<ChoiceItem, MultipleChoiceParameters, MultipleChoiceOutput> = {
  encode: ({ prompt, choices }, parameters, { tokenizer, maxTokens }) => {
    const { truncate, truncation_side: truncationSide } = parameters;
    return Promise.all(
      choices.map(async (pair) =>
        logitsFor(await tokenizer.encode({ text: prompt, pair }, { maxTokens, truncate, truncationSide })),
      ),
    );
  },

  decode: (_item, _parameters, _sequences, rows) => {
    const scores = softmax(rows.map((row) => row.logits!.data[0]!));
    return {
      choices: scores.map((score, index) => ({ index, score: Math.fround(score) })),
      best: argmax(scores),
    };
  },
};
