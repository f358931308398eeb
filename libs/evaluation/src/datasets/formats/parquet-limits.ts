import { HeddleError } from '@heddle/contracts';
import type { RowGroup } from 'hyparquet';
import { parquetHeader } from 'hyparquet/src/column.js';
import {
  MAX_EXAMPLES,
  MAX_GROUP_BYTES,
  MAX_GROUP_PAGES,
  MAX_GROUP_VALUES,
  MAX_TABLE_BYTES,
} from '../limits.js';

/** Bytes of the index at the end: a megabyte tells of ten thousand column chunks. */
const MAX_FOOTER_BYTES = 16 * 1024 * 1024;
const [LENGTH_BYTES, MAGIC] = [8, 'PAR1'];
/** Of this one a few bytes can stand for many long texts: each repeats the beginning of the one before. */
const REFUSED_ENCODING = 'DELTA_BYTE_ARRAY';

/** Refuses what is no parquet file, and an index that is too large to be read. Errors: `validation`, `payload-too-large`. */
export function checkFooter(bytes: Buffer): void {
  const magic = (at: number) => bytes.toString('latin1', at, at + MAGIC.length);
  if (bytes.length < MAGIC.length + LENGTH_BYTES || magic(0) !== MAGIC)
    throw new HeddleError('validation', 'The file is not parquet.');
  if (magic(bytes.length - MAGIC.length) !== MAGIC)
    throw new HeddleError('validation', 'The file does not end as parquet does; it may have been cut off.');
  if (bytes.readUInt32LE(bytes.length - LENGTH_BYTES) > MAX_FOOTER_BYTES)
    throw new HeddleError(
      'payload-too-large',
      `The index of a parquet file has at most ${MAX_FOOTER_BYTES} bytes.`,
    );
}

/** Bytes of the row groups so far, as they are stored and decompressed. */
export interface TableBytes {
  stored: number;
  decompressed: number;
}

/**
 * Goes over the page headers of the columns that are wanted, because the reader makes room for whatever they say.
 * Errors: `payload-too-large`, `validation`.
 */
export function checkGroup(
  group: RowGroup,
  columns: readonly string[],
  bytes: Buffer,
  table: TableBytes = { stored: 0, decompressed: 0 },
): void {
  const rows = Number(group.num_rows);
  if (!(rows >= 0 && rows <= MAX_EXAMPLES)) throw tooLarge(`${MAX_EXAMPLES} rows`);
  const totals = { bytes: 0, values: 0, pages: 0 };
  for (const { meta_data: chunk } of group.columns) {
    if (!chunk || !columns.includes(chunk.path_in_schema[0]!)) continue;
    const start = Number(chunk.dictionary_page_offset || chunk.data_page_offset);
    const end = start + Number(chunk.total_compressed_size);
    if (!(start >= 0 && start < end && end <= bytes.length)) throw broken('a column is outside of the file');
    // A few bytes that many groups name stand for as many groups.
    table.stored += end - start;
    if (table.stored > bytes.length) throw broken('its columns overlap');
    const before = totals.values;
    checkPages(bytes.subarray(start, end), totals);
    if (totals.values - before < rows) throw broken('a column has fewer values than rows');
  }
  table.decompressed += totals.bytes;
  if (table.decompressed > MAX_TABLE_BYTES)
    throw new HeddleError(
      'payload-too-large',
      `A parquet file has at most ${MAX_TABLE_BYTES} bytes in the columns of the mapping; give it in parts.`,
    );
}

function checkPages(chunk: Buffer, totals: { bytes: number; values: number; pages: number }): void {
  const reader = { view: new DataView(chunk.buffer, chunk.byteOffset, chunk.length), offset: 0 };
  while (reader.offset < chunk.length - 1) {
    const header = parquetHeader(reader);
    const { uncompressed_page_size: size, compressed_page_size: stored } = header;
    const page = header.data_page_header ?? header.data_page_header_v2 ?? header.dictionary_page_header;
    if (page?.encoding === REFUSED_ENCODING)
      throw broken(`the encoding ${REFUSED_ENCODING} is not supported`);
    const count = Number(page?.num_values ?? 0);
    if (!(size >= 0 && stored >= 0 && count >= 0)) throw broken('a page has a negative size');
    totals.bytes += size;
    totals.values += count;
    if (++totals.pages > MAX_GROUP_PAGES) throw tooLarge(`${MAX_GROUP_PAGES} pages`);
    if (totals.bytes > MAX_GROUP_BYTES) throw tooLarge(`${MAX_GROUP_BYTES} bytes`);
    if (totals.values > MAX_GROUP_VALUES) throw tooLarge(`${MAX_GROUP_VALUES} values`);
    reader.offset += stored;
  }
}

function tooLarge(limit: string): HeddleError {
  return new HeddleError(
    'payload-too-large',
    `A row group has at most ${limit} in the columns of the mapping.`,
  );
}

function broken(what: string): HeddleError {
  return new HeddleError('validation', `The file cannot be read as parquet: ${what}.`);
}
