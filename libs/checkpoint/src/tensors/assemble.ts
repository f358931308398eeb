import { HeddleError } from '@heddle/contracts';
import { CHUNK_BYTES } from '../bytes/byte-file.js';
import { DTYPE_BYTES, type Dtype, isFloatDtype, widen } from '../dtypes.js';
import { elementsOf, extentOf, type Layout, rowMajorStrides } from './layout.js';

/** Where the bytes of a tensor's storage come from. */
export interface ElementSource {
  /** The file's name, for messages. */
  fileName: string;
  dtype: Dtype;
  littleEndian: boolean;
  /** The storage's bytes from `begin` to `end` in order, cut between elements; memory may be reused. */
  chunks(begin: number, end: number): AsyncIterable<Uint8Array>;
}

/**
 * Reads a tensor as float32 in row-major order. Beside the result at most a chunk is in memory, and every
 * byte between its first and last element is read once. The layout must have been found faultless. Throws
 * `unsupported-weights` for a dtype without floats, `model-nonfinite` for NaN or infinity.
 */
export async function assemble(name: string, layout: Layout, source: ElementSource): Promise<Float32Array> {
  const { dtype, fileName, littleEndian } = source;
  if (!isFloatDtype(dtype)) {
    throw new HeddleError(
      'unsupported-weights',
      `${fileName}: tensor ${name} is ${dtype}; supported: F32, F16, BF16, F64`,
    );
  }
  const target = new Float32Array(elementsOf(layout.shape));
  const extent = extentOf(layout);
  if (extent === 0) return target;
  const width = DTYPE_BYTES[dtype];
  const scatter = scatterer(layout, target);
  const widened = new Float32Array(Math.min(extent, CHUNK_BYTES / width));
  const begin = layout.offset * width;
  for await (const bytes of source.chunks(begin, begin + extent * width)) {
    const values = widened.subarray(0, bytes.length / width);
    widen(dtype, bytes, values, littleEndian);
    scatter(values);
  }
  requireFinite(`${fileName}: tensor ${name}`, target);
  return target;
}

interface Dimension {
  size: number;
  /** Steps in the storage and in the target. */
  from: number;
  to: number;
}

/**
 * Takes the elements of the storage, from the tensor's first one on, in pieces of any length, and puts each
 * where it belongs. Dimensions are walked by falling stride, so that the walk never goes back.
 */
function scatterer(layout: Layout, target: Float32Array): (values: Float32Array) => void {
  const dimensions = walkOrder(layout);
  const inner = dimensions.pop() ?? { size: 1, from: 1, to: 1 };
  const indexes = dimensions.map(() => 0);
  let innerIndex = 0;
  let from = 0;
  let to = 0;
  let begin = 0;
  let finished = false;
  return (values) => {
    const end = begin + values.length;
    while (!finished && from < end) {
      const left = inner.size - innerIndex;
      const steps = inner.from === 0 ? left : Math.min(left, Math.ceil((end - from) / inner.from));
      copy(values, from - begin, target, to, steps, inner);
      innerIndex += steps;
      from += steps * inner.from;
      to += steps * inner.to;
      if (innerIndex === inner.size) advance();
    }
    begin = end;
  };

  /** To the next row: the dimensions count like the digits of a number. */
  function advance(): void {
    from -= inner.size * inner.from;
    to -= inner.size * inner.to;
    innerIndex = 0;
    for (let i = dimensions.length - 1; i >= 0; i--) {
      const dimension = dimensions[i]!;
      indexes[i]! += 1;
      from += dimension.from;
      to += dimension.to;
      if (indexes[i]! < dimension.size) return;
      indexes[i] = 0;
      from -= dimension.size * dimension.from;
      to -= dimension.size * dimension.to;
    }
    finished = true;
  }
}

/** Dimensions by falling stride, those of stride 0 last; neighbours that form one run are joined. */
function walkOrder({ shape, strides }: Layout): Dimension[] {
  const targetStrides = rowMajorStrides(shape);
  const dimensions = shape
    .map((size, i) => ({ size, from: strides[i]!, to: targetStrides[i]! }))
    .filter(({ size }) => size > 1)
    .sort((a, b) => b.from - a.from || b.to - a.to);
  const joined: Dimension[] = [];
  for (const inner of dimensions) {
    const outer = joined.at(-1);
    const continues = outer && outer.from === inner.from * inner.size && outer.to === inner.to * inner.size;
    if (continues) joined[joined.length - 1] = { ...inner, size: outer.size * inner.size };
    else joined.push(inner);
  }
  return joined;
}

function copy(
  values: Float32Array,
  from: number,
  target: Float32Array,
  to: number,
  steps: number,
  inner: Dimension,
): void {
  if (inner.from === 1 && inner.to === 1) {
    target.set(values.subarray(from, from + steps), to);
    return;
  }
  for (let i = 0; i < steps; i++) target[to + i * inner.to] = values[from + i * inner.from]!;
}

/** NaN and infinity are the only values that become NaN when multiplied by zero, and NaN stays in a sum. */
function requireFinite(what: string, values: Float32Array): void {
  let poison = 0;
  // By index: iterators make this loop, over a billion values, ten times slower.
  for (let i = 0; i < values.length; i++) poison += values[i]! * 0;
  if (poison !== 0) throw new HeddleError('model-nonfinite', `${what} holds NaN or infinite values`);
}
