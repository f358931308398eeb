/** A place in rows and columns, from 0. */
export interface Place {
  row: number;
  column: number;
}

export interface Size {
  rows: number;
  columns: number;
}

/** Where a key leads from a place: arrows by one, Home and End along the row, Page Up and Page Down along the column. Null: nowhere. */
export function placeAfter({ row, column }: Place, key: string, { rows, columns }: Size): Place | null {
  const at = (nextRow: number, nextColumn: number): Place =>
    within({ row: nextRow, column: nextColumn }, { rows, columns });
  switch (key) {
    case 'ArrowUp':
      return at(row - 1, column);
    case 'ArrowDown':
      return at(row + 1, column);
    case 'ArrowLeft':
      return at(row, column - 1);
    case 'ArrowRight':
      return at(row, column + 1);
    case 'Home':
      return at(row, 0);
    case 'End':
      return at(row, columns - 1);
    case 'PageUp':
      return at(0, column);
    case 'PageDown':
      return at(rows - 1, column);
    default:
      return null;
  }
}

/** The nearest place that there is. */
export function within({ row, column }: Place, { rows, columns }: Size): Place {
  const bounded = (at: number, length: number) => Math.max(0, Math.min(length - 1, at));
  return { row: bounded(row, rows), column: bounded(column, columns) };
}
