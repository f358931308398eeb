import type { ReplacedTokenOutput, ReplacedTokenParameters, TextItem } from '@heddle/contracts';
import { float32 } from '@heddle/contracts';
import { placedToken } from './placed-tokens.js';
import { sigmoid } from './scores.js';
import { logitsFor, type TaskHandler } from './task.js';
import { inUnits, textOf } from './text-units.js';

/** How likely each token of the text took the place of another, as discriminators (DeBERTa v3) were trained to tell. */
export const replacedTokenDetection: TaskHandler<TextItem, ReplacedTokenParameters, ReplacedTokenOutput> = {
  encode: async (item, parameters, { tokenizer, maxTokens }) => {
    const { truncate, truncation_side: truncationSide } = parameters;
    const options = { maxTokens, truncate, truncationSide, offsets: true };
    return [logitsFor(await tokenizer.encode({ text: textOf(item) }, options))];
  },

  decode: (item, parameters, [sequence], [row], { tokenizer }) => {
    const text = inUnits(textOf(item), parameters.offsets);
    const { encoding } = sequence!;
    const tokens = Array.from(row!.logits!.data, (logit, i) => ({
      ...placedToken(encoding, i, text, tokenizer),
      score: float32(sigmoid(logit)),
    }));
    return {
      tokens: tokens.flatMap(({ token, score, start, end }) =>
        start === null || end === null ? [] : [{ token, score, start, end }],
      ),
    };
  },
};
