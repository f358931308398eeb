export type OffsetUnit = 'codepoint' | 'utf16' | 'byte';

/** A text that can be sliced by code points, and whose positions can be told in other units. */
export interface UnitText {
  /** Code points of the text. */
  characters: string[];
  /** A position in code points as one in `unit`. */
  position(codePoint: number): number;
}

export function inUnits(text: string, unit: OffsetUnit): UnitText {
  const characters = Array.from(text);
  if (unit === 'codepoint') return { characters, position: (codePoint) => codePoint };
  const size = unit === 'utf16' ? (character: string) => character.length : byteLength;
  const starts = new Int32Array(characters.length + 1);
  for (const [i, character] of characters.entries()) starts[i + 1] = starts[i]! + size(character);
  return { characters, position: (codePoint) => starts[codePoint]! };
}

/** UTF-8 bytes of one code point. */
function byteLength(character: string): number {
  const code = character.codePointAt(0)!;
  if (code < 0x80) return 1;
  if (code < 0x800) return 2;
  return code < 0x10000 ? 3 : 4;
}
