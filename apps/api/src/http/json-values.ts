import { type FieldError, HeddleError, isStorableText, MAX_FIELD_ERRORS } from '@heddle/contracts';

/** Deepest nesting of a JSON text, without parsing it: a parser may use the stack. */
export function nestingDepth(text: string): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const character = text.charCodeAt(i);
    if (inString) {
      if (character === BACKSLASH) i++;
      else if (character === QUOTE) inString = false;
    } else if (character === QUOTE) inString = true;
    else if (character === BRACE_OPEN || character === BRACKET_OPEN) deepest = Math.max(deepest, ++depth);
    else if (character === BRACE_CLOSE || character === BRACKET_CLOSE) depth--;
  }
  return deepest;
}
const [QUOTE, BACKSLASH, BRACE_OPEN, BRACE_CLOSE, BRACKET_OPEN, BRACKET_CLOSE] = Array.from(
  '"\\{}[]',
  (character) => character.charCodeAt(0),
) as [number, number, number, number, number, number];

/**
 * What is wrong wherever it stands: numbers beyond float64, texts that Postgres refuses or changes, names that
 * mean something to JavaScript.
 * Errors: `malformed-json`, `invalid-text`, `validation`.
 */
export function checkValues(root: unknown): void {
  const texts: FieldError[] = [];
  const names: FieldError[] = [];
  visit(root, '');
  if (names.length > 0)
    throw new HeddleError('validation', 'The body holds a field that cannot exist.', { errors: names });
  if (texts.length > 0) {
    throw new HeddleError('invalid-text', 'Texts may hold neither U+0000 nor unpaired surrogates.', {
      errors: texts,
    });
  }

  function visit(value: unknown, pointer: string): void {
    if (typeof value === 'string') {
      if (!isStorableText(value))
        note(texts, pointer, 'invalid-text', 'holds U+0000 or an unpaired surrogate');
    } else if (typeof value === 'number') {
      if (!Number.isFinite(value))
        throw new HeddleError('malformed-json', `The number at ${pointer || '/'} is too large.`);
    } else if (Array.isArray(value)) {
      for (let i = 0; i < value.length; i++) visit(value[i], `${pointer}/${i}`);
    } else if (typeof value === 'object' && value !== null) {
      for (const name of Object.keys(value)) {
        const place = `${pointer}/${escapePointer(name)}`;
        if (name === '__proto__') note(names, place, 'unknown-field', 'no such field');
        else if (!isStorableText(name))
          note(texts, place, 'invalid-text', 'holds U+0000 or an unpaired surrogate');
        else visit((value as Record<string, unknown>)[name], place);
      }
    }
  }
}

/** A name as a segment of an RFC 6901 pointer. */
export function escapePointer(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1').toWellFormed();
}

function note(errors: FieldError[], pointer: string, code: string, message: string): void {
  if (errors.length < MAX_FIELD_ERRORS) errors.push({ pointer, code, message });
}
