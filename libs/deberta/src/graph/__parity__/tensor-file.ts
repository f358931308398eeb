import { readFile } from 'node:fs/promises';

/** Small safetensors files of fixtures: integers too, all in memory. */
export interface NumberTensor {
  shape: number[];
  data: Float64Array;
}

const READERS: Record<string, [bytes: number, read: (view: DataView, at: number) => number]> = {
  F32: [4, (view, at) => view.getFloat32(at, true)],
  I64: [8, (view, at) => Number(view.getBigInt64(at, true))],
};

export async function readTensorFile(path: string): Promise<Map<string, NumberTensor>> {
  const file = await readFile(path);
  const headerBytes = Number(file.readBigUInt64LE(0));
  const header = JSON.parse(file.subarray(8, 8 + headerBytes).toString()) as Record<
    string,
    { dtype: string; shape: number[]; data_offsets: [number, number] }
  >;
  const view = new DataView(file.buffer, file.byteOffset + 8 + headerBytes);
  const tensors = new Map<string, NumberTensor>();
  for (const [name, { dtype, shape, data_offsets }] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    const [bytes, read] = READERS[dtype]!;
    const length = (data_offsets[1] - data_offsets[0]) / bytes;
    const data = Float64Array.from({ length }, (_, i) => read(view, data_offsets[0] + i * bytes));
    tensors.set(name, { shape, data });
  }
  return tensors;
}
