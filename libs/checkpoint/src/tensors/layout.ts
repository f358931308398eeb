import { MAX_DIMENSIONS, MAX_REPEATED_ELEMENTS, MAX_TENSOR_ELEMENTS } from '../limits.js';

/** Which elements of a storage a tensor consists of, in elements. */
export interface Layout {
  shape: readonly number[];
  strides: readonly number[];
  /** First element. */
  offset: number;
}

/** Strides of a tensor whose elements follow one another in row-major order. */
export function rowMajorStrides(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = stride;
    stride *= shape[i]!;
  }
  return strides;
}

export function elementsOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** Elements from the first to the last one of the tensor in its storage, both included. */
export function extentOf({ shape, strides }: Layout): number {
  if (shape.includes(0)) return 0;
  return shape.reduce((extent, size, i) => extent + (size - 1) * strides[i]!, 1);
}

/**
 * Why a layout is refused; undefined when it lies inside a storage of `elements`, its sizes are within the
 * limits, and no element appears at two places unless a stride is 0. Takes any numbers from 0 to 2^53.
 */
export function faultOfLayout(layout: Layout, elements: number): string | undefined {
  const { shape, strides, offset } = layout;
  if (shape.length > MAX_DIMENSIONS) return `has more than ${MAX_DIMENSIONS} dimensions`;
  // Products may lose digits above 2^53, which is far beyond every limit they are compared with.
  const count = elementsOf(shape);
  if (count > MAX_TENSOR_ELEMENTS) return `has more than ${MAX_TENSOR_ELEMENTS} elements`;
  if (count === 0) return undefined;
  if (offset + extentOf(layout) > elements) return `reaches beyond the ${elements} elements of its storage`;
  if (count > elements + MAX_REPEATED_ELEMENTS) return 'repeats its elements too often';
  // By growing stride, each dimension must step over everything the ones before it reach.
  const moving = shape
    .map((size, i) => ({ size, stride: strides[i]! }))
    .filter((d) => d.size > 1 && d.stride > 0);
  let reached = 0;
  for (const { size, stride } of moving.sort((a, b) => a.stride - b.stride)) {
    if (stride <= reached) return 'has strides that make its elements overlap';
    reached += (size - 1) * stride;
  }
  return undefined;
}
