import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openCheckpoint } from '@heddle/checkpoint';

/** Changes tensors of a checkpoint folder in place, which is written again as one float32 `model.safetensors`. */
export async function changeTensors(
  dir: string,
  change: (tensor: (name: string) => Float32Array) => void,
): Promise<void> {
  const checkpoint = await openCheckpoint(dir);
  const tensors = new Map<string, Float32Array>();
  for (const name of checkpoint.names) tensors.set(name, await checkpoint.read(name));
  const shapes = new Map(checkpoint.names.map((name) => [name, checkpoint.info(name)!.shape]));
  await checkpoint.close();
  change((name) => {
    const tensor = tensors.get(name);
    if (!tensor) throw new Error(`${dir} has no tensor ${name}`);
    return tensor;
  });
  await writeFile(join(dir, 'model.safetensors'), safetensors(tensors, shapes));
}

function safetensors(tensors: Map<string, Float32Array>, shapes: Map<string, readonly number[]>): Buffer {
  const header: Record<string, unknown> = {};
  let offset = 0;
  for (const [name, { byteLength }] of tensors) {
    header[name] = { dtype: 'F32', shape: shapes.get(name), data_offsets: [offset, offset + byteLength] };
    offset += byteLength;
  }
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  const parts = [...tensors.values()].map((values) =>
    Buffer.from(values.buffer, values.byteOffset, values.byteLength),
  );
  return Buffer.concat([length, json, ...parts]);
}
