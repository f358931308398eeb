import { type ErrorCode, HeddleError } from '../errors.js';
import { LIMITS } from '../limits.js';
import { isStorableText } from '../text.js';
import { lineMessage } from './line-message.js';

/** Why a line of a batch's file cannot run. */
export class LineFault extends Error {
  constructor(
    readonly code: ErrorCode,
    message: string,
    /** Where it could be read. */
    readonly customId: string | null,
  ) {
    super(message);
    this.name = 'LineFault';
  }
}

/** Codes of their own; all others say what a request would be refused with. */
const OF_LINES: ReadonlySet<ErrorCode> = new Set(['malformed-json', 'not-utf8', 'invalid-url']);

/** The fault that an expected error is in a line; any other error as it is. */
export function lineFaultOf(error: unknown, customId: string | null): unknown {
  if (!(error instanceof HeddleError)) return error;
  const code = OF_LINES.has(error.code) ? error.code : 'validation';
  return new LineFault(code, lineMessage(error), customId);
}

export function lineTooLong(): LineFault {
  return new LineFault('line-too-long', `A line has at most ${LIMITS.maxLineBytes} bytes.`, null);
}

/** The `custom_id` of a line's value whatever else is wrong with it; null where it is none. */
export function customIdIn(value: unknown): string | null {
  const id = (value as { custom_id?: unknown } | null)?.custom_id;
  const shown = typeof id === 'string' && [...id].length <= LIMITS.maxCustomIdChars && isStorableText(id);
  return shown && id !== '' ? id : null;
}
