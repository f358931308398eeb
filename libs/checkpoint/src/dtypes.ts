/** Bytes of one element of every dtype the safetensors format defines with whole bytes. */
export const DTYPE_BYTES = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  F8_E4M3: 1,
  F8_E5M2: 1,
  I16: 2,
  U16: 2,
  F16: 2,
  BF16: 2,
  I32: 4,
  U32: 4,
  F32: 4,
  I64: 8,
  U64: 8,
  F64: 8,
} as const;
export type Dtype = keyof typeof DTYPE_BYTES;

/** Dtypes whose values are widened (F64: rounded) to float32. */
export type FloatDtype = 'F16' | 'BF16' | 'F32' | 'F64';

export function isDtype(name: string): name is Dtype {
  return Object.hasOwn(DTYPE_BYTES, name);
}

export function isFloatDtype(dtype: Dtype): dtype is FloatDtype {
  return dtype === 'F32' || dtype === 'F16' || dtype === 'BF16' || dtype === 'F64';
}

/** Writes the elements of `bytes` to `target` as float32. */
export function widen(
  dtype: FloatDtype,
  bytes: Uint8Array,
  target: Float32Array,
  littleEndian: boolean,
): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  switch (dtype) {
    case 'F32':
      for (let i = 0; i < target.length; i++) target[i] = view.getFloat32(i * 4, littleEndian);
      return;
    case 'F64':
      for (let i = 0; i < target.length; i++) target[i] = view.getFloat64(i * 8, littleEndian);
      return;
    case 'F16':
      for (let i = 0; i < target.length; i++) target[i] = HALVES[view.getUint16(i * 2, littleEndian)]!;
      return;
    case 'BF16': {
      // A bfloat16 is the upper half of a float32.
      const bits = new Uint32Array(target.buffer, target.byteOffset, target.length);
      for (let i = 0; i < bits.length; i++) bits[i] = view.getUint16(i * 2, littleEndian) << 16;
      return;
    }
  }
}

/** Every IEEE 754 half-precision value by its bits: a look-up per element instead of arithmetic. */
const HALVES = Float32Array.from({ length: 0x10000 }, (_, bits) => halfToNumber(bits));

function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 0x400) * 2 ** (exponent - 15);
}
