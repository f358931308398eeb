import { checkForm } from '../checks/json-values.js';
import { HeddleError } from '../errors.js';

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Errors: `not-utf8`. */
export function decodeLine(bytes: Uint8Array): string {
  try {
    return UTF8.decode(bytes);
  } catch (cause) {
    throw new HeddleError('not-utf8', 'The line holds bytes that are not UTF-8.', { cause });
  }
}

/** The value of a line of a JSONL file. Errors: `not-utf8`, `malformed-json`, `validation` (too many members or values). */
export function jsonOfLine(bytes: Uint8Array): unknown {
  const text = decodeLine(bytes);
  checkForm(text);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new HeddleError('malformed-json', 'The line is not JSON.', { cause });
  }
}
