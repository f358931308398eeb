import { mutate, type Random } from '@heddle/testing';
import { wireFields } from '../../src/tokenizer/sentencepiece/wire.js';

/** Tag and payload of a field as bytes. */
type Field = { number: number; wire: number; payload: Buffer };

const BYTES = 2;
const FLOATS = [
  0,
  -0,
  1e-45,
  3.4e38,
  -3.4e38,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
];
const INTS = [0, 1, 2, 3, 4, 5, 6, 7, 127, 128, 500, 2 ** 31 - 1];
const TEXTS = ['', ' ', '▁', '▁▁', '\0', '<0x41>', '[CLS]', '[MASK]', '__proto__', 'a', 'x'.repeat(2_000)];

/** Changes fields of an spm.model, whose framing stays right; inside of them one to three times. */
export function mutateSpm(bytes: Buffer, random: Random): Buffer {
  let mutant = bytes;
  for (let changes = 1 + random.below(3); changes > 0; changes--) mutant = change(mutant, random, 0);
  return mutant;
}

function change(message: Buffer, random: Random, depth: number): Buffer {
  const fields = fieldsOf(message);
  // Pieces are the first fields, the trainer's and the normaliser's settings the last.
  const at = random.chance(2)
    ? random.below(fields.length)
    : Math.max(0, fields.length - 1 - random.below(3));
  const field = fields[at];
  if (!field) return mutate(message, random);
  switch (random.below(8)) {
    case 0:
      return join(fields.toSpliced(at, 1));
    case 1:
      return join(fields.toSpliced(at, 0, field));
    case 2:
      return join(fields.with(at, random.pick(fields)));
    case 3:
      return join(
        fields.toSpliced(at, 0, { number: 1 + random.below(50), wire: field.wire, payload: field.payload }),
      );
    default:
      return join(fields.with(at, { ...field, payload: payload(field, random, depth) }));
  }
}

function payload({ wire, payload: bytes }: Field, random: Random, depth: number): Buffer {
  if (wire === 0) return varint(random.chance(4) ? random.below(2 ** 31) : random.pick(INTS));
  if (wire === 5) {
    const float = Buffer.alloc(4);
    float.writeFloatLE(random.pick(FLOATS));
    return float;
  }
  if (wire !== BYTES) return bytes;
  if (depth < 2 && isMessage(bytes) && !random.chance(4)) return change(bytes, random, depth + 1);
  return random.chance(3) ? Buffer.from(random.pick(TEXTS)) : mutate(bytes, random);
}

function fieldsOf(message: Buffer): Field[] {
  const fields: Field[] = [];
  for (const { number, bytes, float, int } of wireFields(message, refuse)) {
    if (bytes !== undefined) fields.push({ number, wire: BYTES, payload: bytes });
    else if (int !== undefined) fields.push({ number, wire: 0, payload: varint(int >>> 0) });
    else if (float !== undefined) {
      const payload = Buffer.alloc(4);
      payload.writeFloatLE(float);
      fields.push({ number, wire: 5, payload });
    }
  }
  return fields;
}

function isMessage(bytes: Buffer): boolean {
  try {
    return fieldsOf(bytes).length > 0;
  } catch {
    return false;
  }
}

function refuse(reason: string): never {
  throw new Error(reason);
}

function join(fields: Field[]): Buffer {
  return Buffer.concat(
    fields.flatMap(({ number, wire, payload }) => {
      const tag = varint(number * 8 + wire);
      return wire === BYTES ? [tag, varint(payload.length), payload] : [tag, payload];
    }),
  );
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    bytes.push(rest < 128 ? rest : (rest % 128) + 128);
    if (rest < 128) return Buffer.from(bytes);
  }
}
