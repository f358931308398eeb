/** Units of offsets, as the parameter `offsets` names them. */
export type OffsetUnit = 'codepoint' | 'utf16' | 'byte';

export function unitOf(parameters: Record<string, unknown>): OffsetUnit {
  const { offsets } = parameters;
  return offsets === 'utf16' || offsets === 'byte' ? offsets : 'codepoint';
}

/**
 * For each offset in `unit`, the one in UTF-16 code units, which texts of browsers are cut by. Offsets beyond the end, or within
 * a character, become the next place that there is.
 */
export function toUtf16(text: string, offsets: readonly number[], unit: OffsetUnit): number[] {
  if (unit === 'utf16') return offsets.map((offset) => Math.min(offset, text.length));
  const order = offsets.map((offset, at) => ({ offset, at })).sort((a, b) => a.offset - b.offset);
  const found: number[] = new Array(offsets.length);
  let counted = 0;
  let units = 0;
  let next = 0;
  for (const character of text) {
    while (next < order.length && order[next]!.offset <= counted) found[order[next++]!.at] = units;
    counted += unit === 'codepoint' ? 1 : bytesOf(character.codePointAt(0)!);
    units += character.length;
  }
  for (; next < order.length; next++) found[order[next]!.at] = units;
  return found;
}

/** Length of a code point in UTF-8. */
function bytesOf(codePoint: number): number {
  if (codePoint < 0x80) return 1;
  if (codePoint < 0x800) return 2;
  return codePoint < 0x10000 ? 3 : 4;
}

export interface Span<T> {
  start: number;
  end: number;
  value: T;
}

export interface Piece<T> {
  text: string;
  /** UTF-16 offset of its first character. */
  start: number;
  /** The span that it is; null of what is between them. */
  value: T | null;
}

/** The text in pieces: spans and what is between them. A span that begins within the one before is left out. */
export function piecesOf<T>(text: string, spans: readonly Span<T>[], unit: OffsetUnit): Piece<T>[] {
  const starts = toUtf16(
    text,
    spans.map(({ start }) => start),
    unit,
  );
  const ends = toUtf16(
    text,
    spans.map(({ end }) => end),
    unit,
  );
  const placed = spans
    .map(({ value }, at) => ({ value, start: starts[at]!, end: ends[at]! }))
    .sort((a, b) => a.start - b.start || b.end - a.end);
  const pieces: Piece<T>[] = [];
  let at = 0;
  for (const { start, end, value } of placed) {
    if (start < at || end <= start) continue;
    if (start > at) pieces.push({ text: text.slice(at, start), start: at, value: null });
    pieces.push({ text: text.slice(start, end), start, value });
    at = end;
  }
  if (at < text.length) pieces.push({ text: text.slice(at), start: at, value: null });
  return pieces;
}
