import { HeddleError } from '@heddle/contracts';
import { CsvError, parse } from 'csv-parse';
import type { DatasetFile, SourceExample } from '../example.js';
import { MAX_COLUMNS, MAX_LINE_BYTES } from '../limits.js';
import type { CsvOptions, ReadOptions } from '../options.js';
import { wrong } from '../reading/fields.js';
import type { FileReport } from '../report.js';
import { checkColumns, exampleOfRow, type Mapping } from './mapping.js';

const LF = 0x0a;

interface CsvRecord {
  cells: string[];
  /** Its first. */
  line: number;
}

/** CSV (RFC 4180) with a mapping. What is wrong with the quoting ends the reading: what follows cannot be told apart. */
export async function* readCsv(
  file: DatasetFile,
  report: FileReport,
  { mapping, csv = {}, labels }: ReadOptions,
): AsyncGenerator<SourceExample> {
  if (!mapping) {
    report.note(null, 'validation', 'A table needs a mapping of its columns to input and expected.');
    return;
  }
  let columns: string[] | null = null;
  for await (const record of recordsOf(file, report, csv)) {
    const { cells, line } = record;
    if (!columns) {
      columns = report.try(line, () => columnsOf(cells, csv, mapping));
      if (!columns) return;
      if (csv.header ?? true) continue;
    }
    const named = columns;
    const example = report.try(line, () => exampleOfRow(rowOf(cells, named), mapping, line, labels));
    if (example) yield example;
  }
}

/** The records before the first that cannot be read, which is noted. */
async function* recordsOf(
  { name, bytes }: DatasetFile,
  report: FileReport,
  { delimiter = name.toLowerCase().endsWith('.tsv') ? '\t' : ',', quote = true }: CsvOptions,
): AsyncGenerator<CsvRecord> {
  let read: CsvRecord[] = [];
  // Counted here, because csv-parse takes CR for the end of a line as well.
  let line = 1;
  const parser = parse({
    bom: true,
    delimiter,
    quote: quote ? '"' : false,
    escape: quote ? '"' : null,
    record_delimiter: ['\r\n', '\n'],
    relax_column_count: true,
    max_record_size: MAX_LINE_BYTES,
    // Empty fields do not count towards the size of a record.
    cast: (field, { index }) => {
      if (index >= MAX_COLUMNS)
        throw new HeddleError('validation', `A record has at most ${MAX_COLUMNS} columns.`);
      return field;
    },
    // As a stream the parser would drop the records before a fault.
    on_record: (cells: string[]) => {
      const isBlank = cells.length === 1 && cells[0]!.trim() === '';
      if (!isBlank) read.push({ cells, line });
      line += cells.join('').split('\n').length;
      return null;
    },
  });
  // It comes with the callback of the write too.
  parser.on('error', () => undefined);
  const parsed = (chunk: Uint8Array | null) =>
    new Promise<Error | null | undefined>((resolve) => {
      if (chunk) parser.write(chunk, resolve);
      else parser.end(resolve);
    });
  try {
    for await (const chunk of utf8Only(bytes, report)) {
      const fault = await parsed(chunk);
      yield* read;
      read = [];
      if (fault) throw fault;
      if (chunk === null) return;
    }
  } catch (error) {
    if (error instanceof HeddleError) report.note(line, error.code, error.message);
    else if (error instanceof CsvError) noteFault(error, line, report);
    else throw error;
  } finally {
    parser.destroy();
  }
}

function columnsOf(record: string[], { header = true }: CsvOptions, mapping: Mapping): string[] {
  const columns = header ? record : record.map((_, i) => String(i + 1));
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
  if (code === 'CSV_MAX_RECORD_SIZE') {
    const message = `A record has at most ${MAX_LINE_BYTES} bytes; a quote may not be closed.`;
    report.note(line, 'line-too-long', message);
  } else if (code === 'CSV_QUOTE_NOT_CLOSED')
    report.note(line, 'validation', 'A quote of the record is not closed at the end of the file.');
  else {
    const message = `The quoting of the record is wrong: inside of quotes, " is written "". (${code})`;
    report.note(line, 'validation', message);
  }
}

/** The bytes as they are and then null, or the lines of them before the first that is not UTF-8, which is noted. */
async function* utf8Only(
  bytes: AsyncIterable<Uint8Array>,
  report: FileReport,
): AsyncGenerator<Uint8Array | null> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const isGood = (piece?: Uint8Array) => {
    try {
      decoder.decode(piece, { stream: piece !== undefined });
      return true;
    } catch {
      return false;
    }
  };
  let line = 1;
  for await (const chunk of bytes) {
    for (let at = 0; at < chunk.length; line++) {
      const lineFeed = chunk.indexOf(LF, at);
      const to = lineFeed < 0 ? chunk.length : lineFeed + 1;
      if (!isGood(chunk.subarray(at, to))) {
        yield chunk.subarray(0, at);
        report.note(line, 'not-utf8', NOT_UTF8);
        return;
      }
      if (lineFeed < 0) break;
      at = to;
    }
    yield chunk;
  }
  if (isGood()) yield null;
  else report.note(line, 'not-utf8', NOT_UTF8);
}
const NOT_UTF8 = 'The line holds bytes that are not UTF-8.';
