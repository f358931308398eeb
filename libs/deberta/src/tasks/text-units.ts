import type { TextItem } from '@heddle/contracts';

export type OffsetUnit = 'codepoint' | 'utf16' | 'byte';

/** The text of an item that may be a bare string. */
export function textOf(item: TextItem): string {
  return typeof item === 'string' ? item : item.text;
}

/** A text that can be sliced by code points, and whose positions can be told in other units. */
export interface UnitText {
  /** Code points of the text. */
  characters: string[];
  /** The text between two positions in code points. */
  slice(start: number, end: number): string;
  /** A position in code points as one in `unit`. */
  position(codePoint: number): number;
}

export function inUnits(text: string, unit: OffsetUnit): UnitText {
  const characters = Array.from(text);
  const units = characters.length === text.length ? null : startsOf(characters, utf16Length);
  return {
    characters,
    slice: (start, end) => (units ? text.slice(units[start], units[end]) : text.slice(start, end)),
    position: positionIn(unit, characters, units),
  };
}

function positionIn(unit: OffsetUnit, characters: string[], units: Int32Array | null): UnitText['position'] {
  if (unit === 'codepoint' || (unit === 'utf16' && units === null)) return (codePoint) => codePoint;
  const starts = unit === 'byte' ? startsOf(characters, byteLength) : units!;
  return (codePoint) => starts[codePoint]!;
}

/** Where each character starts, and where the last one ends. */
function startsOf(characters: string[], size: (character: string) => number): Int32Array {
  const starts = new Int32Array(characters.length + 1);
  for (const [i, character] of characters.entries()) starts[i + 1] = starts[i]! + size(character);
  return starts;
}

const BLANK = /^\s$/u;

/** [start, end) without the blanks at its edges: a piece's offsets often include the blank before the word. */
export function trimmed(characters: string[], start: number, end: number): { start: number; end: number } {
  let first = start;
  let last = end;
  while (first < last && BLANK.test(characters[first]!)) first++;
  while (last > first && BLANK.test(characters[last - 1]!)) last--;
  return { start: first, end: last };
}

/** What stands at [start, end) without the blanks at its edges, and where, in the text's unit. */
export function sliceOf(
  text: UnitText,
  start: number,
  end: number,
): { slice: string; start: number; end: number } {
  const inner = trimmed(text.characters, start, end);
  return {
    slice: text.slice(inner.start, inner.end),
    start: text.position(inner.start),
    end: text.position(inner.end),
  };
}

function utf16Length(character: string): number {
  return character.length;
}

/** UTF-8 bytes of one code point. */
function byteLength(character: string): number {
  const code = character.codePointAt(0)!;
  if (code < 0x80) return 1;
  if (code < 0x800) return 2;
  return code < 0x10000 ? 3 : 4;
}
