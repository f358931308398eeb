import { countColumn } from '../columns.js';
import { ratioOfSums } from '../means.js';
import type { Kind } from '../metric.js';
import { isListOf, isString, shown, unfit } from '../prediction.js';

/** Tokens in place of masks. */
export const mask: Kind = {
  defaults: ['mlm_accuracy'],
  allowed: ['mlm_accuracy'],

  create: () => {
    const columns = { right: countColumn(), masks: countColumn() };
    return {
      columns,

      add: (expected, predicted) => {
        const tokens = isString(expected) ? [expected] : expected;
        if (!isListOf(tokens, isString) || tokens.length === 0) {
          throw unfit(`The token of each mask was expected, not ${shown(expected)}.`);
        }
        if (!('masks' in predicted)) throw unfit(`Fillings were expected, not ${shown(predicted)}.`);
        const { masks } = predicted;
        if (masks.length !== tokens.length) {
          throw unfit(`${tokens.length} tokens are expected, but the text has ${masks.length} masks.`);
        }
        const right = tokens.filter((token, i) => masks[i]![0]?.token.trim() === token.trim()).length;
        columns.right.push(right);
        columns.masks.push(tokens.length);
        return { correct: right === tokens.length, loss: 1 - right / tokens.length };
      },

      /** The share of masks, not of texts, whose best filling is the expected token; blanks around it do not count. */
      measure: () => ratioOfSums(columns.right.values, columns.masks.values, 'there are no examples'),
      details: () => ({}),
    };
  },
};
