import type { ChoiceItem, MultipleChoiceOutput, MultipleChoiceParameters } from '@heddle/contracts';
import { float32 } from '@heddle/contracts';
import { argmax, softmax } from './scores.js';
import { logitsFor, type TaskHandler } from './task.js';

/** Which continuation fits: one sequence a choice, softmax over the choices. */
export const multipleChoice: TaskHandler<ChoiceItem, MultipleChoiceParameters, MultipleChoiceOutput> = {
  encode: async ({ prompt, choices }, parameters, { tokenizer, maxTokens }) => {
    const { truncate, truncation_side: truncationSide } = parameters;
    const options = { maxTokens, truncate, truncationSide };
    return (await tokenizer.encodePairs(prompt, choices, options)).map(logitsFor);
  },

  decode: (_item, _parameters, _sequences, rows) => {
    const scores = softmax(rows.map((row) => row.logits!.data[0]!));
    return {
      choices: scores.map((score, index) => ({ index, score: float32(score) })),
      best: argmax(scores),
    };
  },
};
