import { type FieldError, HeddleError, MAX_FIELD_ERRORS } from '../errors.js';
import { LIMITS } from '../limits.js';
import { isStorableText } from '../text.js';

/**
 * Members of one object. No object of the contract has half as many, and what hundreds of thousands of different
 * names cost, a parser and then a schema that says of each that it is unknown, keeps the process from all else.
 */
const MAX_MEMBERS = 64;
/** Values of a body: more than a thousand inputs of six hundred documents each, which is all that fits into 8 MiB. */
const MAX_VALUES = 1_000_000;
/** Elements of a list inside of something, for the same reason. Lists of a body's own fields are their schema's affair. */
const MAX_NESTED_ELEMENTS = 1_000;

/**
 * Looks at the form of a JSON text without parsing it, because a parser may use the stack and takes seconds for
 * what no schema would accept. Errors: `malformed-json` (depth), `validation` (members of an object, values in all).
 */
export function checkForm(text: string, maxValues = MAX_VALUES): void {
  /** Members seen so far of the objects that are open, by depth. */
  const members: number[] = [];
  /** Commas, and lists and objects: an empty one costs a parser as much as a number. */
  let values = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const character = text.charCodeAt(i);
    if (inString) {
      if (character === BACKSLASH) i++;
      else if (character === QUOTE) inString = false;
    } else if (character === QUOTE) inString = true;
    else if (character === BRACE_OPEN || character === BRACKET_OPEN) {
      if (members.push(0) > LIMITS.maxJsonDepth) {
        throw new HeddleError(
          'malformed-json',
          `Objects and lists may be nested ${LIMITS.maxJsonDepth} deep.`,
        );
      }
      if (++values > maxValues) throw tooMany(`${maxValues} values`);
    } else if (character === BRACE_CLOSE || character === BRACKET_CLOSE) members.pop();
    else if (character === COLON && members.length > 0) {
      if (++members[members.length - 1]! > MAX_MEMBERS) throw tooMany(`${MAX_MEMBERS} members in an object`);
    } else if (character === COMMA && ++values > maxValues) throw tooMany(`${maxValues} values`);
  }
}
const [QUOTE, BACKSLASH, BRACE_OPEN, BRACE_CLOSE, BRACKET_OPEN, BRACKET_CLOSE, COLON, COMMA] = Array.from(
  '"\\{}[]:,',
  (character) => character.charCodeAt(0),
) as [number, number, number, number, number, number, number, number];

/**
 * What is wrong wherever it stands: numbers beyond float64, texts that Postgres refuses or changes, names that
 * mean something to JavaScript, lists that no schema should be asked about. The form must have been checked.
 * Errors: `malformed-json`, `invalid-text`, `validation`.
 */
export function checkValues(root: unknown, maxNestedElements = MAX_NESTED_ELEMENTS): void {
  const texts: FieldError[] = [];
  const fields: FieldError[] = [];
  /** Names and positions that lead to the value being visited; a pointer is only made of them for a fault. */
  const path: (string | number)[] = [];
  visit(root);
  if (fields.length > 0)
    throw new HeddleError('validation', 'The body holds fields that cannot exist.', { errors: fields });
  if (texts.length > 0) {
    throw new HeddleError('invalid-text', 'Texts may hold neither U+0000 nor unpaired surrogates.', {
      errors: texts,
    });
  }

  function visit(value: unknown): void {
    // No more faults are shown, so no more are looked for.
    if (texts.length === MAX_FIELD_ERRORS || fields.length === MAX_FIELD_ERRORS) return;
    if (typeof value === 'string') {
      if (!isStorableText(value)) note(texts, path, BAD_TEXT);
    } else if (typeof value === 'number') {
      if (!Number.isFinite(value))
        throw new HeddleError('malformed-json', `The number at ${pointerOf(path) || '/'} is too large.`);
    } else if (Array.isArray(value)) visitElements(value);
    else if (typeof value === 'object' && value !== null) visitMembers(value as Record<string, unknown>);
  }

  function visitElements(list: unknown[]): void {
    if (path.length > 1 && list.length > maxNestedElements) {
      note(fields, path, { code: 'too-many', message: `at most ${maxNestedElements} elements` });
      return;
    }
    const at = path.push(0) - 1;
    for (let i = 0; i < list.length; i++) {
      path[at] = i;
      visit(list[i]);
    }
    path.pop();
  }

  function visitMembers(object: Record<string, unknown>): void {
    const at = path.push('') - 1;
    for (const name of Object.keys(object)) {
      path[at] = name;
      if (name === '__proto__') note(fields, path, { code: 'unknown-field', message: 'no such field' });
      else if (!isStorableText(name)) note(texts, path, BAD_TEXT);
      else visit(object[name]);
    }
    path.pop();
  }
}

const BAD_TEXT = { code: 'invalid-text', message: 'holds U+0000 or an unpaired surrogate' };

/** A name as a segment of an RFC 6901 pointer. */
export function escapePointer(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1').toWellFormed();
}

function tooMany(limit: string): HeddleError {
  return new HeddleError('validation', 'The body holds more than can be meant.', {
    errors: [{ pointer: '', code: 'too-many', message: `at most ${limit}` }],
  });
}

function pointerOf(path: readonly (string | number)[]): string {
  return path.map((segment) => `/${escapePointer(String(segment))}`).join('');
}

function note(
  errors: FieldError[],
  path: readonly (string | number)[],
  fault: { code: string; message: string },
): void {
  if (errors.length < MAX_FIELD_ERRORS) errors.push({ pointer: pointerOf(path), ...fault });
}
