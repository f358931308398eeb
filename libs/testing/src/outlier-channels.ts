import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openCheckpoint } from '@heddle/checkpoint';

/** Channels that are made large, and by how much: other values behind a LayerNorm are around 1. */
const CHANNELS = [7, 61, 130];
const OFFSET = 1000;

/**
 * Changes the weights of a checkpoint folder so that some layers have outlier channels, as known from real checkpoints,
 * and the model still computes the same: three channels between attention and feed-forward network are larger by a
 * constant, and the biases of what reads them take it away again. The largest value of a row is then that of a channel
 * that says nothing, and takes the digits of int8 from all others.
 */
export async function addOutlierChannels(dir: string, layers: readonly number[]): Promise<void> {
  const checkpoint = await openCheckpoint(dir);
  const tensors = new Map<string, Float32Array>();
  for (const name of checkpoint.names) tensors.set(name, await checkpoint.read(name));
  const shapes = new Map(checkpoint.names.map((name) => [name, checkpoint.info(name)!.shape]));
  await checkpoint.close();
  for (const layer of layers) {
    const tensor = (name: string) => tensors.get(`deberta.encoder.layer.${layer}.${name}`)!;
    const norm = tensor('attention.output.LayerNorm.bias');
    const weights = tensor('intermediate.dense.weight');
    const bias = tensor('intermediate.dense.bias');
    for (const channel of CHANNELS) {
      norm[channel]! += OFFSET;
      for (let row = 0; row < bias.length; row++)
        bias[row]! -= OFFSET * weights[row * norm.length + channel]!;
      // The sum of both goes into the next LayerNorm.
      tensor('output.dense.bias')[channel]! -= OFFSET;
    }
  }
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
