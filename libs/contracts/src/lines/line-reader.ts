import { LIMITS } from '../limits.js';

/** A line of a file. */
export interface Line {
  /** From 1 on, blank lines counted. */
  number: number;
  /** Without its end; null where it is longer than a line may be. */
  bytes: Buffer | null;
  /** The byte of the file that follows its end. */
  end: number;
}

const [LF, CR, SPACE, TAB] = [0x0a, 0x0d, 0x20, 0x09];
const BOM = Buffer.from([0xef, 0xbb, 0xbf]);
/** Bytes of a line beyond its text: a carriage return, and the mark at the file's beginning. */
const MOST_BESIDES = 1 + BOM.length;

export interface LineOptions {
  /** Where the chunks begin. */
  from?: { byte: number; line: number };
  /** Bytes of the longest line, its end not counted. */
  maxBytes?: number;
  /** Whether blank lines come as well, because they mean something. */
  blanks?: boolean;
}

/**
 * Lines of a file that comes in chunks, as many at a time as a chunk ends. Lines end with LF or CRLF, the last one also with
 * the file; blank ones are passed over, and so is a byte order mark at the beginning. Holds one line at most.
 */
export async function* readLines(
  chunks: AsyncIterable<Uint8Array>,
  { from = { byte: 0, line: 1 }, maxBytes = LIMITS.maxLineBytes, blanks = false }: LineOptions = {},
): AsyncGenerator<Line[]> {
  let { byte, line: number } = from;
  let begun: Buffer[] = [];
  let length = 0;
  const end = (lines: Line[]) => {
    const bytes = textOf(begun, length, { isFirst: number === 1, maxBytes });
    if (bytes === null || blanks || !isBlank(bytes)) lines.push({ number, bytes, end: byte });
  };
  for await (const some of chunks) {
    const chunk = Buffer.from(some.buffer, some.byteOffset, some.byteLength);
    const lines: Line[] = [];
    for (let at = 0; at < chunk.length; ) {
      // A file may have nothing else: 200 million blank lines.
      const behind = length === 0 && !blanks ? behindBlank(chunk, at) : at;
      if (behind > at) {
        number++;
        byte += behind - at;
        at = behind;
        continue;
      }
      const lineFeed = chunk.indexOf(LF, at);
      const to = lineFeed < 0 ? chunk.length : lineFeed;
      // What is too long is counted and not kept.
      if (length <= maxBytes + MOST_BESIDES) begun.push(chunk.subarray(at, to));
      length += to - at;
      byte += to - at;
      at = to;
      if (lineFeed < 0) break;
      at++;
      byte++;
      end(lines);
      begun = [];
      length = 0;
      number++;
    }
    if (lines.length > 0) yield lines;
  }
  const last: Line[] = [];
  if (length > 0) end(last);
  if (last.length > 0) yield last;
}

/** The text of a line; null where it is too long. */
function textOf(
  pieces: Buffer[],
  length: number,
  { isFirst, maxBytes }: { isFirst: boolean; maxBytes: number },
): Buffer | null {
  if (length > maxBytes + MOST_BESIDES) return null;
  let bytes = pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
  if (isFirst && bytes.subarray(0, BOM.length).equals(BOM)) bytes = bytes.subarray(BOM.length);
  if (bytes.at(-1) === CR) bytes = bytes.subarray(0, -1);
  return bytes.length > maxBytes ? null : bytes;
}

/** Where the line after a blank one begins; `at` where it is not blank, or does not end in the chunk. */
function behindBlank(chunk: Buffer, at: number): number {
  for (let i = at; i < chunk.length; i++) {
    const code = chunk[i]!;
    if (code === LF) return i + 1;
    if (code !== SPACE && code !== TAB && code !== CR) break;
  }
  return at;
}

function isBlank(bytes: Buffer): boolean {
  return bytes.every((byte) => byte === SPACE || byte === TAB || byte === CR);
}
