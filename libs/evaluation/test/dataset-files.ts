import { createReadStream } from 'node:fs';
import {
  type DatasetFile,
  type Format,
  type ReadOptions,
  readDataset,
  type SourceExample,
} from '../src/index.js';

const FIXTURES = new URL('../src/datasets/__fixtures__/', import.meta.url);

/** A file of the fixtures, by its path in their folder. */
export function fixture(name: string): DatasetFile {
  return { name, bytes: createReadStream(new URL(name, FIXTURES)) };
}

/** A file with that text, or those bytes, in chunks. */
export function fileOf(name: string, content: string | Uint8Array, chunkBytes = 7): DatasetFile {
  return { name, bytes: chunksOf(Buffer.from(content), chunkBytes) };
}

async function* chunksOf(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield new Uint8Array(bytes.subarray(at, at + size));
}

/** All that a dataset gives, the places left out. Problems are `line code message`. */
export async function readAll(files: DatasetFile | DatasetFile[], format: Format, options?: ReadOptions) {
  const { examples, report } = readDataset(Array.isArray(files) ? files : [files], format, options);
  const all: SourceExample[] = [];
  for await (const { index: _, ...example } of examples) all.push(example);
  const problems = report.problems.map(({ line, code, message }) => `${line} ${code} ${message}`);
  return { examples: all, problems, report };
}
