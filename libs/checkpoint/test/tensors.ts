import type { StorageSpec } from './writers/torch.js';

export const bytesOf = (values: ArrayBufferView) =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
export const floats = (...values: number[]) => bytesOf(Float32Array.from(values));
export const storage = (key: string, ...values: number[]): StorageSpec => ({
  key,
  type: 'Float',
  data: floats(...values),
});
