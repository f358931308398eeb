import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Model, StoredFile, Version } from '@heddle/contracts';
import type { TestClient } from '@heddle/testing';

const CHECKPOINT = fileURLToPath(new URL('../../../../models/sentiment', import.meta.url));
/** The tensors of its head, a row a label. */
const OF_LABELS = ['classifier.weight', 'classifier.bias'];

/** `reranker`: the classifier of two labels that is shipped, left with the second of them. */
export async function importReranker(client: TestClient): Promise<void> {
  const files: string[] = [];
  for (const name of (await readdir(CHECKPOINT)).filter((file) => /\.(json|safetensors)$/.test(file))) {
    const bytes = await readFile(join(CHECKPOINT, name));
    const form = new FormData();
    form.set('purpose', 'model');
    form.set('file', new Blob([withOneLabel(name, bytes)]), name);
    files.push((await client.upload<StoredFile>('/v1/files', form)).id);
  }
  await client.request<Model>('POST', '/v1/models', { name: 'reranker' });
  const source = { type: 'files', files };
  await client.request<Version>('POST', '/v1/models/reranker/versions', { source, precision: 'fp32' });
  const path = '/v1/models/reranker/versions/1';
  const version = await client.request<Version>('GET', path, undefined, { prefer: 'wait=60' });
  if (version.status !== 'ready')
    throw new Error(`reranker is ${version.status}: ${JSON.stringify(version.error)}`);
}

function withOneLabel(name: string, bytes: Buffer): Uint8Array<ArrayBuffer> {
  if (name === 'config.json') {
    const { problem_type: _, ...config } = JSON.parse(bytes.toString()) as Record<string, unknown>;
    const labels = { id2label: { 0: 'relevant' }, label2id: { relevant: 0 } };
    return new Uint8Array(Buffer.from(JSON.stringify({ ...config, ...labels })));
  }
  return new Uint8Array(name.endsWith('.safetensors') ? lastRows(bytes) : bytes);
}

type Header = Record<string, { shape: number[]; data_offsets: [number, number] }>;

/** Safetensors: the length of a JSON header, the header, the tensors one after the other. */
function lastRows(file: Buffer): Buffer {
  const start = 8 + Number(file.readBigUInt64LE(0));
  const header = JSON.parse(file.subarray(8, start).toString()) as Header;
  const parts: Buffer[] = [];
  let position = 0;
  const order = Object.entries(header)
    .filter(([name]) => name !== '__metadata__')
    .sort(([, a], [, b]) => a.data_offsets[0] - b.data_offsets[0]);
  for (const [name, tensor] of order) {
    const [from, to] = tensor.data_offsets;
    const isHead = OF_LABELS.includes(name);
    const rows = tensor.shape[0]!;
    const first = isHead ? to - (to - from) / rows : from;
    const part = file.subarray(start + first, start + to);
    if (isHead) tensor.shape = [1, ...tensor.shape.slice(1)];
    tensor.data_offsets = [position, position + part.length];
    position += part.length;
    parts.push(part);
  }
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, ...parts]);
}
