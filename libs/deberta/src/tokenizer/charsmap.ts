/**
 * SentencePiece's precompiled character map: the byte length of a double-array trie (u32), the trie's units
 * (u32 each, little-endian), then NUL-terminated UTF-8 replacements that leaves address by byte. The native
 * tokenizer trusts all of it and ends the process where an index is wrong, so it is checked beforehand.
 */
const HAS_LEAF = 1 << 8;
const IS_LEAF = 1 << 31;
/** Children of a node differ in the lowest byte. */
const BLOCK = 0xff;

/** What is wrong with a character map, or null. An empty one is in use: it maps nothing. */
export function charsmapError(blob: Buffer): string | null {
  if (blob.length === 0) return null;
  if (blob.length < 4) return 'is cut off';
  const trieBytes = blob.readUInt32LE(0);
  if (trieBytes === 0 || trieBytes % 4 !== 0 || trieBytes > blob.length - 4)
    return 'has a trie of an impossible size';
  const units = new Uint32Array(trieBytes / 4);
  for (let i = 0; i < units.length; i++) units[i] = blob.readUInt32LE(4 + i * 4);
  const replacements = blob.subarray(4 + trieBytes);
  if (!Buffer.from(replacements.toString('utf8'), 'utf8').equals(replacements))
    return 'holds bytes that are not UTF-8';

  // Walk what a text can reach from the root.
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
      const leaf = units[base]!;
      const start = (leaf & ~IS_LEAF) >>> 0;
      if (start >= replacements.length || replacements.indexOf(0, start) < 0)
        return 'points outside its replacements';
    }
    for (let byte = 1; byte <= BLOCK; byte++) {
      const child = (base ^ byte) >>> 0;
      if ((units[child]! & (IS_LEAF | BLOCK)) === byte) open.push(child);
    }
  }
  return null;
}

function offsetOf(unit: number): number {
  return ((unit >>> 10) << ((unit & 0x200) >>> 6)) >>> 0;
}
