/**
 * SentencePiece's precompiled character map: the byte length of a double-array trie (u32), the trie's units
 * (u32 each, little-endian), then NUL-terminated UTF-8 replacements that leaves address by byte. The native
 * tokenizer trusts all of it and ends the process where an index is wrong, so it is checked beforehand.
 */
const HAS_LEAF = 1 << 8;
const IS_LEAF = 1 << 31;
/** Children of a node differ in the lowest byte. */
const BLOCK = 0xff;
/** NFKC's longest has 33 bytes (U+FDFA). A hostile map could blow a text up a thousandfold. */
const MAX_REPLACEMENT_BYTES = 128;
/** The largest that SentencePiece ships has 330 kB. */
const MAX_BYTES = 4 * 1024 * 1024;
const FIRST_PRINTABLE = 0x20;
const LAST_PRINTABLE = 0x7e;

/** A character map that charsmapError found nothing wrong with. */
export class Charsmap {
  private readonly units: Uint32Array;
  private readonly replacements: Buffer;

  constructor(blob: Buffer) {
    const trieBytes = blob.length === 0 ? 0 : blob.readUInt32LE(0);
    this.units = unitsOf(blob, trieBytes);
    this.replacements = blob.subarray(4 + trieBytes);
  }

  /** The longest key that `bytes` has at `at`: its length in bytes, 0 if there is none, and what replaces it. */
  longestMatch(bytes: Uint8Array, at: number): { length: number; replacement: Buffer } {
    const found = { length: 0, replacement: this.replacements.subarray(0, 0) };
    if (this.units.length === 0) return found;
    let base = offsetOf(this.units[0]!);
    for (let i = at; i < bytes.length; i++) {
      const node = (base ^ bytes[i]!) >>> 0;
      const unit = this.units[node]!;
      if ((unit & (IS_LEAF | BLOCK)) !== bytes[i]) break;
      base = (node ^ offsetOf(unit)) >>> 0;
      if (!(unit & HAS_LEAF)) continue;
      const start = (this.units[base]! & ~IS_LEAF) >>> 0;
      found.length = i + 1 - at;
      found.replacement = this.replacements.subarray(start, this.replacements.indexOf(0, start));
    }
    return found;
  }
}

/** Whether a checked character map changes a printable ASCII character that stands alone. */
export function mapsAscii(blob: Buffer): boolean {
  const map = new Charsmap(blob);
  for (let byte = FIRST_PRINTABLE; byte <= LAST_PRINTABLE; byte++) {
    const { length, replacement } = map.longestMatch(Uint8Array.of(byte), 0);
    if (length > 0 && !(replacement.length === 1 && replacement[0] === byte)) return true;
  }
  return false;
}

/** What is wrong with a character map, or null. An empty one is in use: it maps nothing. */
export function charsmapError(blob: Buffer): string | null {
  if (blob.length === 0) return null;
  if (blob.length < 4) return 'is cut off';
  if (blob.length > MAX_BYTES) return `has ${blob.length} bytes, more than ${MAX_BYTES}`;
  const trieBytes = blob.readUInt32LE(0);
  if (trieBytes === 0 || trieBytes % 4 !== 0 || trieBytes > blob.length - 4)
    return 'has a trie of an impossible size';
  const replacements = blob.subarray(4 + trieBytes);
  if (!Buffer.from(replacements.toString('utf8'), 'utf8').equals(replacements))
    return 'holds bytes that are not UTF-8';
  return trieError(unitsOf(blob, trieBytes), replacements);
}

/** Walks what a text can reach from the root. */
function trieError(units: Uint32Array, replacements: Buffer): string | null {
  const seen = new Uint8Array(units.length);
  const open = [0];
  while (open.length > 0) {
    const position = open.pop()!;
    if (seen[position]) continue;
    seen[position] = 1;
    const unit = units[position]!;
    const base = (position ^ offsetOf(unit)) >>> 0;
    if ((base | BLOCK) >>> 0 >= units.length) return 'points outside its trie';
    if (unit & HAS_LEAF) {
      const start = (units[base]! & ~IS_LEAF) >>> 0;
      if (start >= replacements.length) return 'points outside its replacements';
      if (replacements.subarray(start, start + MAX_REPLACEMENT_BYTES + 1).indexOf(0) < 0)
        return `has a replacement without an end within ${MAX_REPLACEMENT_BYTES} bytes`;
    }
    for (let byte = 1; byte <= BLOCK; byte++) {
      const child = (base ^ byte) >>> 0;
      if ((units[child]! & (IS_LEAF | BLOCK)) === byte) open.push(child);
    }
  }
  return null;
}

function unitsOf(blob: Buffer, trieBytes: number): Uint32Array {
  const units = new Uint32Array(trieBytes / 4);
  for (let i = 0; i < units.length; i++) units[i] = blob.readUInt32LE(4 + i * 4);
  return units;
}

function offsetOf(unit: number): number {
  return ((unit >>> 10) << ((unit & 0x200) >>> 6)) >>> 0;
}
