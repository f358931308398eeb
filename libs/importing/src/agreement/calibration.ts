import { readFile, stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { HeddleError, LIMITS, TASK_SCHEMAS, type TextItem } from '@heddle/contracts';

/** Texts of Heddle's own, of many kinds and languages. Seen from `src` and `dist` alike. */
const BUILT_IN = fileURLToPath(new URL('../../calibration/texts.jsonl', import.meta.url));
/** Fewer say nothing: one decision of them is more than the gate allows to be another. */
const MIN_LINES = 20;
/** More take longer than they tell. */
const MAX_LINES = 2_000;
/** Of a line that is no text, enough to know it by. */
const SHOWN_CHARS = 40;
/** Room for so many long texts. */
const MAX_BYTES = 64 * 1024 * 1024;

/** What the answers of two graphs are compared on: a text, or a pair of texts. */
export interface CalibrationText {
  text: string;
  pair?: string;
}

/**
 * Reads texts, one JSON value a line: a string, or an object of `text` and perhaps `text_pair`; those that come with
 * Heddle when no file is named. Errors: `invalid-input` naming the line.
 */
export async function readCalibration(path: string = BUILT_IN): Promise<CalibrationText[]> {
  const lines = (await readLimited(path)).split('\n');
  const texts = lines.flatMap((line, at) => (line.trim() === '' ? [] : [parseLine(line, at + 1)]));
  if (texts.length >= MIN_LINES && texts.length <= MAX_LINES) return texts;
  throw refusal(`has ${texts.length} texts; ${MIN_LINES} to ${MAX_LINES} are supported`);
}

async function readLimited(path: string): Promise<string> {
  try {
    const { size } = await stat(path);
    if (size > MAX_BYTES) throw refusal(`has ${size} bytes; ${MAX_BYTES} are supported`);
    return decode(await readFile(path));
  } catch (cause) {
    if (cause instanceof HeddleError) throw cause;
    throw refusal('cannot be read', cause);
  }
}

/** With or without a byte order mark. */
function decode(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw refusal('is not UTF-8 text', cause);
  }
}

function parseLine(line: string, number: number): CalibrationText {
  const text = parseItem(line, number);
  const texts = typeof text === 'string' ? { text } : { text: text.text, pair: text.text_pair };
  if (texts.text.trim() === '' || texts.pair?.trim() === '')
    throw refusal(`has an empty text on line ${number}`);
  for (const { length } of [texts.text, texts.pair ?? '']) {
    if (length > LIMITS.maxTextChars) {
      throw refusal(`has a text of more than ${LIMITS.maxTextChars} characters on line ${number}`);
    }
  }
  if ([texts.text, texts.pair ?? ''].some((value) => value.includes('\0') || !value.isWellFormed())) {
    throw refusal(`has U+0000 or half a surrogate pair in the text on line ${number}`);
  }
  return texts.pair === undefined ? { text: texts.text } : { text: texts.text, pair: texts.pair };
}

function parseItem(line: string, number: number): TextItem {
  try {
    return TASK_SCHEMAS.attention.item.parse(JSON.parse(line));
  } catch (cause) {
    const start = line.trim().slice(0, SHOWN_CHARS);
    throw refusal(
      `has no text on line ${number}, which begins with ${start}: it must be a JSON string, or {"text": …} with ` +
        'perhaps "text_pair" and nothing else',
      cause,
    );
  }
}

function refusal(why: string, cause?: unknown): HeddleError {
  return new HeddleError('invalid-input', `The file of calibration texts ${why}.`, { cause });
}
