import { type FieldError, HeddleError, MAX_FIELD_ERRORS } from '../errors.js';
import { LIMITS } from '../limits.js';
import { codePointLength } from '../text.js';

export interface PlacedText {
  pointer: string;
  text: string;
}

/** Every text of a checked item or parameter: all of its strings, but for the item's id. */
export function textsIn(value: unknown, pointer: string): PlacedText[] {
  if (typeof value === 'string') return [{ pointer, text: value }];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([member, inner]) =>
    member === 'id' ? [] : textsIn(inner, `${pointer}/${member}`),
  );
}

/** Errors: `invalid-input` where there is no item, `too-many-inputs`. */
export function refuseCount(inputs: unknown[]): void {
  if (inputs.length === 0) {
    throw new HeddleError('invalid-input', 'inputs must hold at least one item.', {
      errors: [{ pointer: '/inputs', code: 'empty', message: 'must hold at least one item' }],
    });
  }
  if (inputs.length <= LIMITS.maxInputsPerJob) return;
  const message = `at most ${LIMITS.maxInputsPerJob} items`;
  throw new HeddleError('too-many-inputs', `A request takes ${message}; this one has ${inputs.length}.`, {
    errors: [{ pointer: '/inputs', code: 'too-many', message }],
  });
}

/** Errors: `invalid-input`. */
export function refuseEmpty(texts: PlacedText[]): void {
  const empty = texts.filter(({ text }) => text === '');
  if (empty.length === 0) return;
  throw new HeddleError('invalid-input', 'Texts must not be empty.', {
    errors: empty
      .slice(0, MAX_FIELD_ERRORS)
      .map(({ pointer }): FieldError => ({ pointer, code: 'empty', message: 'must not be empty' })),
  });
}

/** Errors: `text-too-long`. */
export function refuseLong(texts: PlacedText[]): void {
  let total = 0;
  for (const { pointer, text } of texts) {
    const length = codePointLength(text);
    total += length;
    if (length > LIMITS.maxTextChars)
      throw tooLong(pointer, `at most ${LIMITS.maxTextChars} characters`, length);
  }
  if (total > LIMITS.maxJobChars)
    throw tooLong('/inputs', `at most ${LIMITS.maxJobChars} characters in all`, total);
}

/** Likewise of all texts in a value. Where they are short together, as nearly always, their places are not looked for. */
export function refuseLongWithin(value: unknown, pointer: string): void {
  if (charsIn(value) > LIMITS.maxTextChars) refuseLong(textsIn(value, pointer));
}

function charsIn(value: unknown): number {
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object' || value === null) return 0;
  let chars = 0;
  for (const inner of Object.values(value)) chars += charsIn(inner);
  return chars;
}

function tooLong(pointer: string, message: string, actual: number): HeddleError {
  return new HeddleError('text-too-long', `${pointer} takes ${message}; it has ${actual}.`, {
    errors: [{ pointer, code: 'too-long', message }],
  });
}
