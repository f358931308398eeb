import { pipeline, Readable } from 'node:stream';
import { HeddleError } from '@heddle/contracts';
import { CsvError, parse } from 'csv-parse';
import type { DatasetFile, Example } from '../example.js';
import { MAX_COLUMNS, MAX_LINE_BYTES } from '../limits.js';
import type { CsvOptions, ReadOptions } from '../options.js';
import { wrong } from '../reading/fields.js';
import type { FileReport } from '../report.js';
import { checkColumns, exampleOfRow, type Mapping } from './mapping.js';

const LF = 0x0a;

/** What csv-parse gives with `info`; `lines` is the last line of the record. */
interface CsvRecord {
  record: string[];
  info: { lines: number };
}

/** CSV (RFC 4180) with a mapping. What is wrong with the quoting ends the reading: what follows cannot be told apart. */
export async function* readCsv(
  file: DatasetFile,
  report: FileReport,
  { mapping, csv = {}, labels }: ReadOptions,
): AsyncGenerator<Example> {
  if (!mapping) {
    report.note(null, 'validation', 'A table needs a mapping of its columns to input and expected.');
    return;
  }
  let columns: string[] | null = null;
  let line = 1;
  try {
    for await (const { record, info } of recordsOf(file, csv)) {
      const number = line;
      line = info.lines + 1;
      if (!columns) {
        columns = columnsOf(record, csv, mapping);
        if (csv.header ?? true) continue;
      }
      const named = columns;
      const example = report.try(number, () => exampleOfRow(rowOf(record, named), mapping, number, labels));
      if (example) yield example;
    }
  } catch (error) {
    if (error instanceof BadLine) report.note(error.line, 'not-utf8', error.message);
    else if (error instanceof CsvError) noteFault(error, line, report);
    else if (error instanceof HeddleError) report.note(1, error.code, error.message);
    else throw error;
  }
}

async function* recordsOf(
  { name, bytes }: DatasetFile,
  { delimiter = name.toLowerCase().endsWith('.tsv') ? '\t' : ',', quote = true }: CsvOptions,
): AsyncGenerator<CsvRecord> {
  const parser = parse({
    bom: true,
    delimiter,
    quote: quote ? '"' : false,
    escape: quote ? '"' : null,
    record_delimiter: ['\r\n', '\n'],
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: MAX_LINE_BYTES,
    info: true,
  });
  // An error of the source reaches the parser, and with it whoever reads its records.
  pipeline(Readable.from(utf8Only(bytes)), parser, () => undefined);
  yield* parser as AsyncIterable<CsvRecord>;
}

function columnsOf(record: string[], { header = true }: CsvOptions, mapping: Mapping): string[] {
  const columns = header ? record : record.map((_, i) => String(i + 1));
  if (columns.length > MAX_COLUMNS)
    throw new HeddleError(
      'validation',
      `The first line has ${columns.length} columns; ${MAX_COLUMNS} are allowed.`,
    );
  const twice = columns.find((name, i) => columns.indexOf(name) !== i);
  if (twice !== undefined) throw new HeddleError('validation', `Two columns are called "${twice}".`);
  checkColumns(mapping, columns);
  return columns;
}

function rowOf(record: string[], columns: string[]): Map<string, string> {
  if (record.length !== columns.length)
    throw wrong('', `the record has ${record.length} columns, and ${columns.length} are expected`);
  return new Map(columns.map((name, i) => [name, record[i]!]));
}

function noteFault({ code }: CsvError, line: number, report: FileReport): void {
  if (code === 'CSV_MAX_RECORD_SIZE')
    report.note(
      line,
      'line-too-long',
      `A record has at most ${MAX_LINE_BYTES} bytes; a quote may not be closed.`,
    );
  else if (code === 'CSV_QUOTE_NOT_CLOSED')
    report.note(line, 'validation', 'A quote of the record is not closed at the end of the file.');
  else
    report.note(
      line,
      'validation',
      `The quoting of the record is wrong: inside of quotes, " is written "". (${code})`,
    );
}

class BadLine extends Error {
  constructor(readonly line: number) {
    super('The line holds bytes that are not UTF-8.');
  }
}

/** The bytes as they are, as long as they are UTF-8. Throws `BadLine`. */
async function* utf8Only(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let line = 1;
  const check = (piece?: Uint8Array) => {
    try {
      decoder.decode(piece, { stream: piece !== undefined });
    } catch {
      throw new BadLine(line);
    }
  };
  for await (const chunk of bytes) {
    for (let at = 0; at < chunk.length; ) {
      const lineFeed = chunk.indexOf(LF, at);
      const to = lineFeed < 0 ? chunk.length : lineFeed + 1;
      check(chunk.subarray(at, to));
      if (lineFeed >= 0) line++;
      at = to;
    }
    yield chunk;
  }
  check();
}
