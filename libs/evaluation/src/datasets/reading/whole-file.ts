import { isUtf8 } from 'node:buffer';
import { checkForm, HeddleError } from '@heddle/contracts';
import type { DatasetFile } from '../example.js';
import { MAX_JSON_VALUES, MAX_WHOLE_BYTES } from '../limits.js';
import type { FileReport } from '../report.js';

const LF = 0x0a;

/** All bytes of a file; null, and noted, where there are too many. */
export async function wholeFile(file: DatasetFile, report: FileReport): Promise<Buffer | null> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of file.bytes) {
    length += chunk.length;
    if (length > MAX_WHOLE_BYTES) {
      report.note(
        null,
        'payload-too-large',
        `A file of this format is read as a whole and has at most ${MAX_WHOLE_BYTES} bytes; give it in parts.`,
      );
      return null;
    }
    chunks.push(chunk);
  }
  // One that comes as a whole is not copied.
  const [first] = chunks;
  return chunks.length === 1 && first instanceof Buffer ? first : Buffer.concat(chunks);
}

/** The value of a JSON file; null, and noted, where there is none. */
export async function jsonFile(file: DatasetFile, report: FileReport): Promise<{ value: unknown } | null> {
  const bytes = await wholeFile(file, report);
  if (bytes === null) return null;
  if (!isUtf8(bytes)) {
    report.note(lineNotUtf8(bytes), 'not-utf8', 'The line holds bytes that are not UTF-8.');
    return null;
  }
  const text = new TextDecoder().decode(bytes);
  return report.try(null, () => {
    checkForm(text, MAX_JSON_VALUES);
    try {
      return { value: JSON.parse(text) as unknown };
    } catch (cause) {
      throw new HeddleError('malformed-json', malformed(text, cause as Error), { cause });
    }
  });
}

/** The first line that is not UTF-8: no character but LF has its byte. */
function lineNotUtf8(bytes: Buffer): number {
  let number = 1;
  for (let at = 0; at < bytes.length; number++) {
    const lineFeed = bytes.indexOf(LF, at);
    const to = lineFeed < 0 ? bytes.length : lineFeed;
    if (!isUtf8(bytes.subarray(at, to))) return number;
    at = to + 1;
  }
  return number;
}

/** Where a text stops being JSON, as far as V8 tells: not every message of its has a position. */
function malformed(text: string, { message }: Error): string {
  const position = Number(/position (\d+)/.exec(message)?.[1] ?? Number.NaN);
  if (message.startsWith('Unexpected end of') || position >= text.length)
    return 'The file ends before its JSON does; it may have been cut off.';
  if (Number.isNaN(position)) return 'The file is not JSON.';
  return `The file is not JSON: line ${lineAt(text, position)} is wrong.`;
}

function lineAt(text: string, position: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at >= 0 && at < position; at = text.indexOf('\n', at + 1)) line++;
  return line;
}
