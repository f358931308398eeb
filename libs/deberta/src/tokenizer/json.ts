import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { isTooDeep } from '../nesting.js';
import { whyUnreadable } from '../read-json.js';
import { refuse } from './refuse.js';

/** mDeBERTa's tokenizer.json, the largest known file of a tokenizer, has 17 MB. */
const MAX_FILE_BYTES = 64 * 1024 * 1024;

export type Json = Record<string, unknown>;

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Bytes of a file of a tokenizer. Errors: `unsupported-tokenizer` when it is no file, too large or unreadable. */
export async function readLimited(path: string): Promise<Buffer> {
  const unreadable = (cause: unknown) => refuse(basename(path), whyUnreadable(cause), cause);
  const found = await stat(path).catch(unreadable);
  if (!found.isFile()) refuse(basename(path), 'is not a file');
  if (found.size > MAX_FILE_BYTES)
    refuse(basename(path), `has ${found.size} bytes, more than ${MAX_FILE_BYTES}`);
  return readFile(path).catch(unreadable);
}

/** The object a JSON text holds. Errors: `unsupported-tokenizer`. */
export function parseObject(text: string, file: string): Json {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    refuse(file, 'is not JSON', cause);
  }
  if (isTooDeep(json)) refuse(file, 'is nested too deeply');
  return isObject(json) ? json : refuse(file, 'is not an object');
}

/** The components of a tokenizer.json's Sequence, whose member `name` lists them, or the component alone. */
export function componentsOf(component: unknown, name: string): Json[] {
  if (!isObject(component)) return [];
  const inner = component[name];
  return component.type === 'Sequence' && Array.isArray(inner)
    ? inner.flatMap((member) => componentsOf(member, name))
    : [component];
}
