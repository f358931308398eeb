/** Rows and columns of a tile: its 16 sums stay in registers, so that a value that is loaded is used four times. */
const TILE = 4;

/**
 * a [rows, inner] · bᵀ, b [columns, inner] → [rows, columns], in float64. Importing a large model is mostly this
 * product, hence the tiles; about seven times as fast as the plain loops.
 */
export function multiplyTransposed(a: Float64Array, b: Float32Array, inner: number): Float64Array {
  const rows = a.length / inner;
  const columns = b.length / inner;
  const result = new Float64Array(rows * columns);
  const panel = new Float64Array(TILE * inner);
  const tiledRows = rows - (rows % TILE);
  const tiledColumns = columns - (columns % TILE);
  for (let column = 0; column < tiledColumns; column += TILE) {
    packColumns(b, column, inner, panel);
    for (let row = 0; row < tiledRows; row += TILE) {
      multiplyTile(a, row * inner, panel, inner, result, row * columns + column, columns);
    }
  }
  multiplyPlainly(a, b, inner, result, { row: tiledRows, column: 0 });
  multiplyPlainly(a.subarray(0, tiledRows * inner), b, inner, result, { row: 0, column: tiledColumns });
  return result;
}

/** Four rows of b beside each other, so that the tile reads them in order. */
function packColumns(b: Float32Array, column: number, inner: number, panel: Float64Array): void {
  for (let offset = 0; offset < TILE; offset++) {
    const first = (column + offset) * inner;
    for (let k = 0; k < inner; k++) panel[k * TILE + offset] = b[first + k]!;
  }
}

/** Written out in full: engines keep local variables, not array elements, in registers. */
function multiplyTile(
  a: Float64Array,
  start: number,
  panel: Float64Array,
  inner: number,
  result: Float64Array,
  target: number,
  columns: number,
): void {
  let s00 = 0;
  let s01 = 0;
  let s02 = 0;
  let s03 = 0;
  let s10 = 0;
  let s11 = 0;
  let s12 = 0;
  let s13 = 0;
  let s20 = 0;
  let s21 = 0;
  let s22 = 0;
  let s23 = 0;
  let s30 = 0;
  let s31 = 0;
  let s32 = 0;
  let s33 = 0;
  const row1 = start + inner;
  const row2 = row1 + inner;
  const row3 = row2 + inner;
  for (let k = 0; k < inner; k++) {
    const at = k * TILE;
    const b0 = panel[at]!;
    const b1 = panel[at + 1]!;
    const b2 = panel[at + 2]!;
    const b3 = panel[at + 3]!;
    const a0 = a[start + k]!;
    s00 += a0 * b0;
    s01 += a0 * b1;
    s02 += a0 * b2;
    s03 += a0 * b3;
    const a1 = a[row1 + k]!;
    s10 += a1 * b0;
    s11 += a1 * b1;
    s12 += a1 * b2;
    s13 += a1 * b3;
    const a2 = a[row2 + k]!;
    s20 += a2 * b0;
    s21 += a2 * b1;
    s22 += a2 * b2;
    s23 += a2 * b3;
    const a3 = a[row3 + k]!;
    s30 += a3 * b0;
    s31 += a3 * b1;
    s32 += a3 * b2;
    s33 += a3 * b3;
  }
  const tile = [
    [s00, s01, s02, s03],
    [s10, s11, s12, s13],
    [s20, s21, s22, s23],
    [s30, s31, s32, s33],
  ];
  for (const [offset, sums] of tile.entries()) result.set(sums, target + offset * columns);
}

/** The edges that fill no tile. */
function multiplyPlainly(
  a: Float64Array,
  b: Float32Array,
  inner: number,
  result: Float64Array,
  from: { row: number; column: number },
): void {
  const columns = b.length / inner;
  for (let row = from.row; row < a.length / inner; row++) {
    for (let column = from.column; column < columns; column++) {
      let sum = 0;
      for (let k = 0; k < inner; k++) sum += a[row * inner + k]! * b[column * inner + k]!;
      result[row * columns + column] = sum;
    }
  }
}
