import type { Random } from './random.js';

/** Lengths, counts and offsets that readers get wrong. */
const NUMBERS = [0n, 1n, 2n, 7n, 0x7fn, 0x80n, 0xffn, 0x7fffn, 0xffffn, 0x10000n, 2n ** 31n - 1n, 2n ** 31n];
const LARGE = [
  2n ** 32n - 1n,
  2n ** 32n,
  2n ** 44n,
  2n ** 53n,
  2n ** 62n,
  2n ** 63n - 1n,
  2n ** 63n,
  2n ** 64n - 1n,
];
/** Everything that means something in a pickle. */
const OPCODES = Buffer.concat([
  Buffer.from('().0123BCFGIJKLMNPQRSTUVXabcdeghijlopqrstu}]'),
  Buffer.from(Array.from({ length: 25 }, (_, i) => 0x80 + i)),
]);

/** One to four changes of any kind. */
export function mutate(bytes: Buffer, random: Random): Buffer {
  let mutant = bytes;
  for (let changes = 1 + random.below(4); changes > 0; changes--) mutant = change(mutant, random);
  return mutant;
}

function change(bytes: Buffer, random: Random): Buffer {
  const at = random.below(bytes.length + 1);
  const length = Math.min(1 + random.below(random.chance(4) ? 64 : 8), bytes.length - at);
  const copy = Buffer.from(bytes);
  switch (random.below(11)) {
    case 0:
      if (length > 0) copy[at]! ^= 1 << random.below(8);
      return copy;
    case 1:
      return overwrite(copy, at, Buffer.from([random.below(256)]));
    case 2:
      return overwrite(copy, at, random.bytes(length));
    case 3:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]);
    case 4:
      return Buffer.concat([bytes.subarray(0, at), random.bytes(1 + random.below(8)), bytes.subarray(at)]);
    case 5:
      return Buffer.concat([bytes.subarray(0, at + length), bytes.subarray(at)]);
    case 6:
      return bytes.subarray(0, at);
    case 7:
      return overwrite(copy, at, number(random));
    case 8:
      // A number near the one that is there: off by one, and its neighbours.
      return nudge(copy, at, random);
    case 9:
      return overwrite(copy, at, Buffer.from([random.pick([...OPCODES])]));
    default: {
      const from = random.below(bytes.length + 1);
      return overwrite(copy, at, bytes.subarray(from, from + length));
    }
  }
}

function overwrite(target: Buffer, at: number, bytes: Buffer): Buffer {
  bytes.copy(target, at, 0, Math.min(bytes.length, target.length - at));
  return target;
}

/** Two, four or eight bytes, mostly little-endian. */
function number(random: Random): Buffer {
  const width = random.pick([2, 4, 8]);
  const value = random.pick(random.chance(2) ? NUMBERS : LARGE);
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  const cut = bytes.subarray(0, width);
  return random.chance(4) ? Buffer.from(cut).reverse() : cut;
}

function nudge(bytes: Buffer, at: number, random: Random): Buffer {
  if (at + 4 > bytes.length) return bytes;
  const by = random.pick([-8, -4, -1, 1, 4, 8, 512]);
  bytes.writeUInt32LE((bytes.readUInt32LE(at) + by + 2 ** 32) % 2 ** 32, at);
  return bytes;
}
