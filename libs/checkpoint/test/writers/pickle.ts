/** A tuple; plain arrays are lists. */
export class Tuple {
  readonly items: unknown[];
  constructor(...items: unknown[]) {
    this.items = items;
  }
}
export class Global {
  constructor(
    readonly module: string,
    readonly name: string,
  ) {}
}
export class Call {
  readonly args: unknown[];
  constructor(
    readonly callee: unknown,
    ...args: unknown[]
  ) {
    this.args = args;
  }
}
export class PersistentId {
  constructor(readonly id: unknown) {}
}
/** Opcodes as they are, where a value would stand. */
export class Raw {
  constructor(readonly bytes: Buffer) {}
}

export const ORDERED_DICT = new Global('collections', 'OrderedDict');

/** A pickle of protocol 2. */
export function pickle(value: unknown): Buffer {
  return Buffer.concat([Buffer.from([0x80, 2]), ...opcodes(value), Buffer.from('.')]);
}

/** Opcodes written as latin-1 text, numbers as bytes: `ops(0x80, 2, ']', '.')`. */
export function ops(...parts: (string | number | Buffer)[]): Buffer {
  return Buffer.concat(
    parts.map((part) =>
      typeof part === 'number'
        ? Buffer.from([part])
        : typeof part === 'string'
          ? Buffer.from(part, 'latin1')
          : part,
    ),
  );
}

function opcodes(value: unknown): Buffer[] {
  if (value === null) return [ops('N')];
  if (typeof value === 'boolean') return [ops(value ? 0x88 : 0x89)];
  if (typeof value === 'string') return [ops('X', uint32(Buffer.byteLength(value)), Buffer.from(value))];
  if (typeof value === 'number' && !Number.isInteger(value)) return [float(value)];
  if (typeof value === 'number' || typeof value === 'bigint') return [integer(BigInt(value))];
  if (value instanceof Raw) return [value.bytes];
  if (value instanceof Global) return [ops(`c${value.module}\n${value.name}\n`)];
  if (value instanceof Tuple) return [ops('('), ...value.items.flatMap(opcodes), ops('t')];
  if (value instanceof Call)
    return [...opcodes(value.callee), ...opcodes(new Tuple(...value.args)), ops('R')];
  if (value instanceof PersistentId) return [...opcodes(value.id), ops('Q')];
  if (Array.isArray(value)) return [ops(']', '('), ...value.flatMap(opcodes), ops('e')];
  if (value instanceof Map) return [ops('}', '('), ...[...value].flat().flatMap(opcodes), ops('u')];
  throw new Error(`cannot pickle ${String(value)}`);
}

function integer(value: bigint): Buffer {
  if (value >= 0n && value < 256n) return ops('K', Number(value));
  if (value >= -(2n ** 31n) && value < 2n ** 31n) {
    const bytes = Buffer.alloc(4);
    bytes.writeInt32LE(Number(value));
    return ops('J', bytes);
  }
  const bytes = Buffer.alloc(16);
  bytes.writeBigInt64LE(BigInt.asIntN(64, value), 0);
  bytes.writeBigInt64LE(BigInt.asIntN(64, value >> 64n), 8);
  return ops(0x8a, 16, bytes);
}

function float(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return ops('G', bytes);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
