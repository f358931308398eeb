interface Tensor {
  dtype: string;
  shape: number[];
  bytes: Buffer;
}
/** By name. */
export type Tensors = Map<string, Tensor>;
type Header = Record<string, { dtype: string; shape: number[]; data_offsets: [number, number] }>;
/** Bytes of the length of the header, which comes first. */
const LENGTH_BYTES = 8;

/** Safetensors: the length of a JSON header, the header, the tensors one after the other. */
export function readTensors(file: Buffer): Tensors {
  const start = LENGTH_BYTES + Number(file.readBigUInt64LE(0));
  const { __metadata__: _, ...header } = JSON.parse(file.subarray(LENGTH_BYTES, start).toString()) as Header;
  return new Map(
    Object.entries(header).map(
      ([
        name,
        {
          dtype,
          shape,
          data_offsets: [from, to],
        },
      ]) => [name, { dtype, shape, bytes: file.subarray(start + from, start + to) }],
    ),
  );
}

export function writeTensors(tensors: Tensors): Buffer {
  const header: Header = {};
  let position = 0;
  for (const [name, { dtype, shape, bytes }] of tensors) {
    header[name] = { dtype, shape, data_offsets: [position, position + bytes.length] };
    position += bytes.length;
  }
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, ...[...tensors.values()].map(({ bytes }) => bytes)]);
}

/** Rows `from` to `to` of a tensor, the last left out. */
export function rows({ dtype, shape: [count, ...rest], bytes }: Tensor, from: number, to: number): Tensor {
  const size = bytes.length / count!;
  return { dtype, shape: [to - from, ...rest], bytes: bytes.subarray(from * size, to * size) };
}
