import { isUtf8 } from 'node:buffer';
import { HeddleError } from '@heddle/contracts';
import { beirRole } from '../formats/beir.js';
import { isTag } from '../formats/entities.js';
import { FORMATS, type Format, type Found } from '../formats/formats.js';
import { detectLine } from './detect-json.js';
import { detectTable } from './detect-table.js';

/** Bytes of a file that are enough to tell its format. */
export const DETECTION_BYTES = 64 * 1024;

/** Beginnings of files that hold others, and of texts in other encodings; in latin1. */
const REFUSED = [
  ['\x1f\x8b', 'compressed with gzip; give it unpacked'],
  ['PK\x03\x04', 'a zip archive; give the files in it'],
  ['\x28\xb5\x2f\xfd', 'compressed with zstd; give it unpacked'],
  ['BZh', 'compressed with bzip2; give it unpacked'],
  ['\xff\xfe', 'UTF-16; give it as UTF-8'],
  ['\xfe\xff', 'UTF-16; give it as UTF-8'],
] as const;

/**
 * The format of a file, by its first bytes (`DETECTION_BYTES` of them, or all) and its name. Errors: `validation`, which
 * says what was seen and which formats there are.
 */
export function detectFormat(firstBytes: Uint8Array, filename: string): Format {
  const bytes = Buffer.from(firstBytes.buffer, firstBytes.byteOffset, firstBytes.byteLength);
  const beginning = bytes.toString('latin1', 0, 4);
  if (beginning === 'PAR1') return 'parquet';
  const refused = REFUSED.find(([magic]) => beginning.startsWith(magic));
  if (refused) throw unreadable(filename, `is ${refused[1]}`);
  const text = wholeCharacters(bytes);
  if (text === null || text.includes('\0')) throw unreadable(filename, 'is not UTF-8 text');
  if (text.trim() === '') throw unreadable(filename, 'is empty');
  if (beirRole(filename)) return 'beir';
  const lines = text.split('\n').map((line) => line.replace(/\r$/, ''));
  // The last line may have been cut.
  const whole = lines.length > 1 ? lines.slice(0, -1) : lines;
  const found = /^\s*[{[]/.test(text) ? detectJson(text, whole, filename) : detectText(whole, filename);
  if (typeof found === 'string') return found;
  throw unknown(filename, found.saw);
}

function detectJson(text: string, lines: string[], filename: string): Found {
  // One document, of which only the beginning is there.
  if (/^\s*\{\s*("version"\s*:\s*"[^"]*"\s*,\s*)?"data"\s*:\s*\[/.test(text)) return 'squad';
  const values = lines.map(objectIn).filter((value) => value !== null);
  const [first] = values;
  if (first) return detectLine(first, values, filename);
  // The beginning of a line that is longer than what is looked at.
  if (/^\s*\{\s*"(input|expected)"\s*:/.test(text)) return 'jsonl';
  if (text.trimStart().startsWith('[')) return { saw: 'is a JSON list; a dataset has one object a line' };
  return { saw: 'begins with JSON that is neither an object on one line nor SQuAD' };
}

function detectText(lines: string[], filename: string): Found {
  const tagged = lines.filter(
    (line) => line.trim() !== '' && !line.startsWith('-DOCSTART-') && !line.startsWith('# '),
  );
  const isConll = tagged.slice(0, 20).every((line) => {
    const cells = line.includes('\t') ? line.split('\t') : line.trim().split(/ +/);
    return cells.length > 1 && isTag(cells.at(-1)!.trim());
  });
  if (lines.some((line) => line.startsWith('-DOCSTART-')) || (tagged.length > 0 && isConll)) return 'conll';
  return detectTable(lines, filename);
}

function objectIn(line: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    // Not a line of JSONL, which is what is asked.
    return null;
  }
}

/** The text, without a mark at its beginning and without a character that was cut at its end; null where it is not UTF-8. */
function wholeCharacters(bytes: Buffer): string | null {
  for (let cut = 0; cut < 4 && cut <= bytes.length; cut++) {
    const whole = bytes.subarray(0, bytes.length - cut);
    if (isUtf8(whole)) return new TextDecoder().decode(whole);
  }
  return null;
}

/** Whatever its format is called. */
function unreadable(filename: string, saw: string): HeddleError {
  return new HeddleError('validation', `The format of ${filename} cannot be told: it ${saw}.`);
}

function unknown(filename: string, saw: string): HeddleError {
  return new HeddleError(
    'validation',
    `The format of ${filename} cannot be told: it ${saw}. Name one of ${FORMATS.join(', ')}.`,
    { extra: { supported: FORMATS } },
  );
}
