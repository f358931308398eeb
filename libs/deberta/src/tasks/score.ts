import type { ScoreItem, ScoreOutput, ScoreParameters } from '@heddle/contracts';
import { float32 } from '@heddle/contracts';
import { logitsFor, type TaskHandler } from './task.js';

/** The logit of a pair, as reward models and rankers give it: unbounded, comparable within one model only. */
export const score: TaskHandler<ScoreItem, ScoreParameters, ScoreOutput> = {
  encode: async (item, parameters, { tokenizer, maxTokens }) => {
    const { truncate, truncation_side: truncationSide } = parameters;
    const input =
      'prompt' in item
        ? { text: item.prompt, pair: item.response }
        : { text: item.text, pair: item.text_pair };
    return [logitsFor(await tokenizer.encode(input, { maxTokens, truncate, truncationSide }))];
  },

  decode: (_item, _parameters, _sequences, [row]) => ({ score: float32(row!.logits!.data[0]!) }),
};
