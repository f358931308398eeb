import { HeddleError } from '@heddle/contracts';
import type { Encoding } from './encoding.js';
import type { Tokenizer } from './tokenizer.js';
import { type TruncationSide, tooLong } from './truncation.js';

/**
 * The sequence of a text that came as its token ids. [CLS] and [SEP] are put around them where they are not there. It has no
 * offsets. Errors: `input-too-long` with `max` and `actual`; `invalid-input` for an id that the model does not have.
 */
export function encodingOfIds(
  given: readonly number[],
  { special: { cls, sep } }: Pick<Tokenizer, 'special'>,
  options: { maxTokens: number; vocabSize: number; truncate: boolean; truncationSide: TruncationSide },
): Encoding {
  const { maxTokens, vocabSize, truncate, truncationSide } = options;
  const unknown = given.find((id) => id >= vocabSize);
  if (unknown !== undefined)
    throw new HeddleError('invalid-input', `The model has no token ${unknown}: ids are below ${vocabSize}.`);
  const from = given[0] === cls ? 1 : 0;
  const to = given.length > from && given.at(-1) === sep ? given.length - 1 : given.length;
  const whole = given.slice(from, to);
  const room = maxTokens - 2;
  if (whole.length > room && !truncate) throw tooLong(maxTokens, whole.length + 2);
  const kept = truncationSide === 'left' ? whole.slice(-room) : whole.slice(0, room);
  const ids = Int32Array.from([cls, ...kept, sep]);
  const { length } = ids;
  const special = new Uint8Array(length);
  special[0] = 1;
  special[length - 1] = 1;
  return {
    ids,
    length,
    special,
    typeIds: new Uint8Array(length),
    pairStart: length,
    offsets: null,
    words: null,
    tokens: null,
    truncated: whole.length - kept.length,
  };
}
