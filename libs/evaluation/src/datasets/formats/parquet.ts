import * as zlib from 'node:zlib';
import { decodeLine, type ErrorCode, HeddleError } from '@heddle/contracts';
import {
  type AsyncBuffer,
  type Compressors,
  type FileMetaData,
  parquetMetadataAsync,
  parquetReadObjects,
  parquetSchema,
} from 'hyparquet';
import { turns } from '../../turns.js';
import type { DatasetFile, SourceExample } from '../example.js';
import type { ReadOptions } from '../options.js';
import { wholeFile } from '../reading/whole-file.js';
import type { FileReport } from '../report.js';
import { checkColumns, columnsOfMapping, exampleOfRow } from './mapping.js';
import { checkFooter, checkGroup } from './parquet-limits.js';

/** Parquet with a mapping. Its index is at the end, so that the file is held as a whole; row groups come one at a time. */
export async function* readParquet(
  file: DatasetFile,
  report: FileReport,
  { mapping, labels, signal }: ReadOptions,
): AsyncGenerator<SourceExample> {
  if (!mapping) {
    report.note(null, 'validation', 'A table needs a mapping of its columns to input and expected.');
    return;
  }
  const bytes = await wholeFile(file, report);
  if (!bytes) return;
  const buffer = bufferOf(bytes);
  const columns = columnsOfMapping(mapping);
  const metadata = await attempt(report, 1, async () => {
    checkFooter(bytes);
    const read = await parquetMetadataAsync(buffer, { geoparquet: false });
    checkColumns(
      mapping,
      parquetSchema(read).children.map(({ element }) => element.name),
    );
    return read;
  });
  const giveWay = turns(signal);
  const table = { stored: 0, decompressed: 0 };
  let first = 0;
  for (const group of metadata?.row_groups ?? []) {
    const rows = await attempt(report, first + 1, () => {
      checkGroup(group, columns, bytes, table);
      return rowsOf(buffer, { ...metadata!, row_groups: [group] }, columns);
    });
    if (!rows) return;
    await giveWay();
    for (const [i, row] of rows.entries()) {
      const number = first + i + 1;
      await giveWay();
      const example = report.try(number, () =>
        exampleOfRow(new Map(Object.entries(row)), mapping, number, labels),
      );
      if (example) yield example;
    }
    first += rows.length;
  }
}

function rowsOf(file: AsyncBuffer, metadata: FileMetaData, columns: string[]) {
  const parsers = { stringFromBytes: decodeLine };
  return parquetReadObjects({ file, metadata, columns, compressors: COMPRESSORS, parsers });
}

/** What the reader throws for a file is a plain error, and the file's fault: limits were checked, and nothing else is read. */
async function attempt<Value>(
  report: FileReport,
  row: number,
  work: () => Promise<Value>,
): Promise<Value | null> {
  try {
    return await work();
  } catch (error) {
    const known = error instanceof HeddleError;
    const code: ErrorCode = known ? error.code : 'validation';
    const message = known ? error.message : `The file cannot be read as parquet: ${(error as Error).message}`;
    report.end(row, code, message);
    return null;
  }
}

function bufferOf(bytes: Buffer): AsyncBuffer {
  return {
    byteLength: bytes.length,
    slice: (start, end) => new Uint8Array(bytes.subarray(start, end)).buffer,
  };
}

type Decompress = (input: Uint8Array, options: { maxOutputLength: number }) => Uint8Array;
const bounded = (decompress: Decompress) => (input: Uint8Array, length: number) =>
  decompress(input, { maxOutputLength: Math.max(1, length) });
/** Node has it from 22.15 on. */
const { zstdDecompressSync: zstd } = zlib as { zstdDecompressSync?: Decompress };

/** Beside snappy, which the reader has itself. */
const COMPRESSORS: Compressors = {
  GZIP: bounded(zlib.gunzipSync),
  BROTLI: bounded(zlib.brotliDecompressSync),
  ...(zstd && { ZSTD: bounded(zstd) }),
};
