import { decodeLine, jsonOfLine, type Line, readLines } from '@heddle/contracts';
import type { DatasetFile } from '../example.js';
import { MAX_LINE_BYTES } from '../limits.js';
import type { FileReport } from '../report.js';

export interface TextLine {
  number: number;
  text: string;
}

/** Lines of a file as texts. Those that cannot be read are noted and left out. */
export async function* textLines(
  file: DatasetFile,
  report: FileReport,
  options: { blanks?: boolean } = {},
): AsyncGenerator<TextLine> {
  for await (const { number, bytes } of boundedLines(file, report, options)) {
    const text = report.try(number, () => decodeLine(bytes));
    if (text !== null) yield { number, text };
  }
}

/** Values of a JSONL file. Lines that cannot be read are noted and left out. */
export async function* jsonLines(
  file: DatasetFile,
  report: FileReport,
): AsyncGenerator<{ number: number; value: unknown }> {
  for await (const { number, bytes } of boundedLines(file, report)) {
    const read = report.try(number, () => ({ value: jsonOfLine(bytes) }));
    if (read) yield { number, value: read.value };
  }
}

async function* boundedLines(
  { bytes: chunks }: DatasetFile,
  report: FileReport,
  options: { blanks?: boolean } = {},
): AsyncGenerator<Line & { bytes: Buffer }> {
  for await (const lines of readLines(chunks, { ...options, maxBytes: MAX_LINE_BYTES })) {
    for (const { number, bytes, end } of lines) {
      if (bytes) yield { number, bytes, end };
      else report.note(number, 'line-too-long', `A line has at most ${MAX_LINE_BYTES} bytes.`);
    }
  }
}
