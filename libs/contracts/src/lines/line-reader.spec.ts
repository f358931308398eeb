import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LIMITS } from '../limits.js';
import { type Line, readLines } from './line-reader.js';

async function* chunksOf(bytes: Buffer, sizes: number[]): AsyncGenerator<Buffer> {
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = Math.max(1, sizes[i % sizes.length] ?? bytes.length);
    yield bytes.subarray(at, at + size);
    at += size;
  }
}
async function linesOf(bytes: Buffer, sizes = [bytes.length], from = { byte: 0, line: 1 }): Promise<Line[]> {
  const all: Line[] = [];
  for await (const lines of readLines(chunksOf(bytes.subarray(from.byte), sizes), { from }))
    all.push(...lines);
  return all;
}
const texts = (lines: Line[]) => lines.map(({ number, bytes }) => [number, bytes?.toString() ?? null]);

describe('lines of a file', () => {
  it('end with LF, CRLF or the file; blank ones count but are passed over, and so is a byte order mark', async () => {
    const file = Buffer.from('\ufeffa\r\n\n \t\r\nb\nc\ufeff\r\n\r\nd');
    expect(texts(await linesOf(file))).toEqual([
      [1, 'a'],
      [4, 'b'],
      [5, 'c\ufeff'],
      [7, 'd'],
    ]);
    expect(await linesOf(Buffer.from(''))).toEqual([]);
    expect(await linesOf(Buffer.from('\ufeff\r\n \n\n'))).toEqual([]);
    expect(texts(await linesOf(Buffer.from('a\n')))).toEqual([[1, 'a']]);
  });

  it.each(['\n', '\r\n', ''])('have at most a mebibyte, their end (%j) not counted', async (end) => {
    const most = 'x'.repeat(LIMITS.maxLineBytes);
    for (const mark of ['', '\ufeff']) {
      const fits = await linesOf(Buffer.from(`${mark}${most}${end}${end && 'y'}`), [64 * 1024]);
      expect(fits.map(({ bytes }) => bytes?.length)).toEqual([most.length, ...(end ? [1] : [])]);
      const long = await linesOf(Buffer.from(`${mark}${most}x${end}${end && 'y'}`), [64 * 1024]);
      expect(long.map(({ bytes }) => bytes?.length ?? null)).toEqual([null, ...(end ? [1] : [])]);
    }
  });

  it('may be shorter, and blank ones may come as well', async () => {
    const lines: Line[] = [];
    const chunks = chunksOf(Buffer.from('abc\r\n\r\nabcd\n\n'), [2]);
    for await (const some of readLines(chunks, { maxBytes: 3, blanks: true })) lines.push(...some);
    expect(texts(lines)).toEqual([
      [1, 'abc'],
      [2, ''],
      [3, null],
      [4, ''],
    ]);
  });

  it('come with the blank ones wherever chunks end', async () => {
    const piece = fc.constantFrom('a', ' ', '\t', '\r', '\n', '\r\n', '\n\n');
    await fc.assert(
      fc.asyncProperty(
        fc.array(piece, { maxLength: 40 }),
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }),
        async (pieces, sizes) => {
          const text = pieces.join('');
          const lines: Line[] = [];
          for await (const some of readLines(chunksOf(Buffer.from(text), sizes), { blanks: true }))
            lines.push(...some);
          const plain = text.split('\n').map((line) => line.replace(/\r$/, ''));
          // What is after the last line feed is a line where it is something.
          const expected = plain.slice(0, text.endsWith('\n') || text === '' ? -1 : undefined);
          expect(texts(lines)).toEqual(expected.map((line, n) => [n + 1, line]));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('are the same wherever chunks end, and from every line on', async () => {
    const piece = fc.constantFrom('a', 'ü', '😀', ' ', '\t', '\r', '\n', '\r\n', '\ufeff', '{"x":1}');
    await fc.assert(
      fc.asyncProperty(
        fc.array(piece, { maxLength: 60 }),
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }),
        async (pieces, sizes) => {
          const file = Buffer.from(pieces.join(''));
          const whole = await linesOf(file);
          expect(await linesOf(file, sizes)).toEqual(whole);
          for (const [i, { number, end }] of whole.entries()) {
            const rest = await linesOf(file, sizes, { byte: end, line: number + 1 });
            expect(rest).toEqual(whole.slice(i + 1));
          }
          // Nothing is lost: what is between the lines is blank.
          const kept = whole.reduce((sum, { bytes }) => sum + bytes!.length, 0);
          expect(kept).toBeLessThanOrEqual(file.length);
          const plain = file
            .toString()
            .replace(/^\ufeff/, '')
            .split('\n')
            .map((line) => line.replace(/\r$/, ''));
          const expected = plain.flatMap((line, n) => (/^[ \t\r]*$/.test(line) ? [] : [[n + 1, line]]));
          expect(texts(whole)).toEqual(expected);
        },
      ),
      { numRuns: 300 },
    );
  });
});
