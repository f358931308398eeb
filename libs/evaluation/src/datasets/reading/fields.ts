import { HeddleError, LIMITS } from '@heddle/contracts';
import { MAX_LINE_EXAMPLES } from '../limits.js';

export type Fields = Record<string, unknown>;

/** `validation` at a place of an example, an RFC 6901 pointer. */
export function wrong(pointer: string, message: string): HeddleError {
  return new HeddleError('validation', 'The example is wrong.', {
    errors: [{ pointer, code: 'value', message }],
  });
}

/** Errors: `validation`. */
export function objectOf(value: unknown, pointer = ''): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  throw wrong(pointer, 'must be an object');
}

/** Errors: `validation`. */
export function textOf(fields: Fields, name: string, pointer = ''): string {
  const value = fields[name];
  if (typeof value === 'string') return value;
  throw wrong(`${pointer}/${name}`, value === undefined ? 'is required' : 'must be a string');
}

/** Errors: `validation`. */
export function listOf(fields: Fields, name: string, pointer = ''): unknown[] {
  const value = fields[name];
  if (Array.isArray(value)) return value;
  throw wrong(`${pointer}/${name}`, value === undefined ? 'is required' : 'must be a list');
}

/** Errors: `validation`. */
export function textsOf(fields: Fields, name: string, pointer = ''): string[] {
  const list = listOf(fields, name, pointer);
  const at = list.findIndex((value) => typeof value !== 'string');
  if (at >= 0) throw wrong(`${pointer}/${name}/${at}`, 'must be a string');
  return list as string[];
}

/**
 * A text that is put together with each of several others: as long as an item's may be, or a line of a few megabytes would make
 * gigabytes. Errors: `validation`, `text-too-long`.
 */
export function sharedTextOf(fields: Fields, name: string, pointer = ''): string {
  const text = textOf(fields, name, pointer);
  // In UTF-16, which has two units at most for a character.
  if (text.length <= 2 * LIMITS.maxTextChars) return text;
  throw new HeddleError('text-too-long', `A text has at most ${LIMITS.maxTextChars} characters.`, {
    errors: [{ pointer: `${pointer}/${name}`, code: 'text-too-long', message: 'is too long' }],
  });
}

/** Error: `validation` where one line makes more examples than it may. */
export function refuseMany(examples: number, pointer: string): void {
  if (examples > MAX_LINE_EXAMPLES)
    throw wrong(pointer, `makes ${examples} examples of one line, which has at most ${MAX_LINE_EXAMPLES}`);
}

/** What is in a list, which lets go of each when the next is asked for: what a check made of it is not kept beside the others. */
export function* drained<Each>(list: Each[]): Generator<Each> {
  for (const [i, one] of list.entries()) {
    list[i] = undefined as Each;
    yield one;
  }
}

/** A number or text as a part of an id; undefined where there is none. */
export function idOf(value: unknown): string | undefined {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}

/** An item with its id where it has one. */
export function withId<Item extends object>(id: string | undefined, item: Item): Item & { id?: string } {
  return id === undefined || id === '' ? item : { id, ...item };
}

/** The name of a label that a dataset writes as a number or the like. Errors: `validation`. */
export function labelOf(raw: unknown, names: Readonly<Record<string, string>>, pointer: string): string {
  const key = String(raw);
  if (raw !== null && typeof raw !== 'object' && Object.hasOwn(names, key)) return names[key]!;
  if (raw === undefined || raw === '')
    throw wrong(pointer, 'is required: without labels nothing can be evaluated');
  throw wrong(pointer, `"${key}" is none of ${Object.keys(names).join(', ')}`);
}
