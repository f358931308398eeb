import type { RowGroup } from 'hyparquet';
import { describe, expect, it } from 'vitest';
import { MAX_GROUP_BYTES, MAX_GROUP_PAGES, MAX_GROUP_VALUES, MAX_TABLE_BYTES } from '../limits.js';
import { checkFooter, checkGroup, type TableBytes } from './parquet-limits.js';

/** A zigzag varint of Thrift's compact protocol. */
function number(value: number): number[] {
  const bytes: number[] = [];
  let rest = BigInt(value) < 0n ? -2n * BigInt(value) - 1n : 2n * BigInt(value);
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return [...bytes, Number(rest)];
}
const [I32, STRUCT, END] = [0x15, 0x2c, 0x00];
const PLAIN = 0;

/** The header of a data page that stands for `values` in `size` bytes, and takes none in the file. */
const page = ({ values, size = 0, encoding = PLAIN }: { values: number; size?: number; encoding?: number }) =>
  Buffer.from([
    ...[I32, ...number(0), I32, ...number(size), I32, ...number(0)],
    ...[STRUCT, I32, ...number(values), I32, ...number(encoding), I32, ...number(3), I32, ...number(3), END],
    END,
  ]);

/** Looks at a row group of one column, `a`, that has these pages. */
function check(pages: Buffer[], rows = 1, table?: TableBytes): void {
  // One more byte, because the reader takes the last for padding.
  const bytes = Buffer.concat([...pages, Buffer.alloc(1)]);
  const meta_data = {
    path_in_schema: ['a'],
    data_page_offset: 0n,
    total_compressed_size: BigInt(bytes.length),
  };
  checkGroup(
    { num_rows: BigInt(rows), columns: [{ meta_data }] } as unknown as RowGroup,
    ['a'],
    bytes,
    table,
  );
}

describe('limits of a row group', () => {
  it('are kept by what is within them', () => {
    check([page({ values: MAX_GROUP_VALUES, size: MAX_GROUP_BYTES })]);
    check([page({ values: 1 }), page({ values: 2 })], 3);
  });

  it.each([
    ['values', [page({ values: MAX_GROUP_VALUES }), page({ values: 1 })], 1, 'payload-too-large'],
    [
      'bytes',
      [page({ values: 1, size: MAX_GROUP_BYTES }), page({ values: 1, size: 1 })],
      1,
      'payload-too-large',
    ],
    ['rows', [page({ values: 1 })], 1_000_001, 'payload-too-large'],
    ['rows than values', [page({ values: 1 })], 2, 'validation'],
    ['an encoding that repeats texts', [page({ values: 1, encoding: 7 })], 1, 'validation'],
    ['negative values', [page({ values: -1 })], 1, 'validation'],
    ['negative bytes', [page({ values: 1, size: -1 })], 1, 'validation'],
  ])('refuse more %s', (_, pages, rows, code) => {
    expect(() => check(pages, rows)).toThrowError(expect.objectContaining({ code }));
  });

  it('refuse more pages, of which each may be of nothing', () => {
    const many = Array.from({ length: MAX_GROUP_PAGES }, () => page({ values: 0 }));
    expect(() => check(many)).toThrowError(/fewer values than rows/);
    expect(() => check([...many, page({ values: 1 })])).toThrowError(/at most 100000 pages/);
  });

  it('hold for all groups together', () => {
    const one = [page({ values: 1, size: MAX_GROUP_BYTES })];
    const table = { stored: 0, decompressed: 0 };
    check(one, 1, table);
    // The same bytes once more.
    expect(() => check(one, 1, table)).toThrowError(/its columns overlap/);
    const full = { stored: 0, decompressed: MAX_TABLE_BYTES - MAX_GROUP_BYTES };
    check(one, 1, full);
    const over = { stored: 0, decompressed: MAX_TABLE_BYTES - MAX_GROUP_BYTES + 1 };
    expect(() => check(one, 1, over)).toThrowError(expect.objectContaining({ code: 'payload-too-large' }));
  });

  it('refuse columns outside of the file, and pass over those that are not wanted', () => {
    const meta_data = { path_in_schema: ['b'], data_page_offset: 50n, total_compressed_size: 10n };
    const group = { num_rows: 1n, columns: [{ meta_data }] } as unknown as RowGroup;
    expect(() => checkGroup(group, ['b'], Buffer.alloc(20))).toThrowError(/a column is outside of the file/);
    checkGroup(group, ['a'], Buffer.alloc(20));
  });

  it('refuse a footer that is too long to be one', () => {
    const bytes = Buffer.from(`PAR1....${'\0'.repeat(4)}PAR1`);
    checkFooter(bytes);
    bytes.writeUInt32LE(16 * 1024 * 1024 + 1, bytes.length - 8);
    expect(() => checkFooter(bytes)).toThrowError(expect.objectContaining({ code: 'payload-too-large' }));
  });
});
