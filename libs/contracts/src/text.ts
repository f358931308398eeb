import { z } from 'zod';
import { LIMITS } from './limits.js';

/** Texts are counted in Unicode code points everywhere in the contract. */
export function codePointLength(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

/** Postgres refuses U+0000 and would alter lone surrogates, so neither is accepted anywhere. */
export function isStorableText(text: string): boolean {
  return !text.includes('\u0000') && text.isWellFormed();
}

/** `isOneLine` as a pattern of JSON Schema, and `isPlainText`: all but the control characters (General_Category=Cc). */
export const ONE_LINE = '^[^\\u0000-\\u001f\\u007f-\\u009f]*$';
export const PLAIN_TEXT = '^[^\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f]*$';

/** Texts that are shown in lists and terminals: what nobody sees and what moves a cursor is refused. */
export function isOneLine(text: string): boolean {
  return text.isWellFormed() && !/\p{Cc}/u.test(text);
}

/** As `isOneLine`, but of several lines, with tabs. */
export function isPlainText(text: string): boolean {
  return isOneLine(text.replaceAll(/[\n\t]/g, ''));
}

/** What people call a thing: some characters on one line. */
export const nameText = z
  .string()
  .min(1, 'needs a character')
  .refine((text) => codePointLength(text) <= LIMITS.maxNameChars, `at most ${LIMITS.maxNameChars} characters`)
  .refine(isOneLine, 'must not hold control characters')
  .meta({ maxLength: LIMITS.maxNameChars, pattern: ONE_LINE });
