import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { Digest } from './artifact-store.js';

/** SHA-256 (hex) and size of a file, read as a stream. */
export async function digestOf(path: string): Promise<Digest> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  return { sha256: hash.digest('hex'), bytes };
}
