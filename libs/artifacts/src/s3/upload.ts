import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import type { S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { HeddleError } from '@heddle/contracts';
import type { Digest } from '../artifact-store.js';

/** 10,000 parts are the most that S3 takes: 80 GiB. */
const PART_BYTES = 8 * 1024 * 1024;
/** Parts that are sent at a time, and held in memory. */
const PARTS_AT_ONCE = 4;

/**
 * Sends a file. Nothing can be seen under its key until all of it has come and its bytes are those of the digest; what
 * was sent before an error is taken back.
 * Errors: `artifact-corrupt` when the file is not what the digest says; those of the client.
 */
export async function upload(
  client: S3Client,
  path: string,
  target: { bucket: string; key: string },
  digest: Digest,
): Promise<void> {
  const transfer = new Upload({
    client,
    params: { Bucket: target.bucket, Key: target.key, Body: Readable.from(verified(path, digest)) },
    partSize: PART_BYTES,
    queueSize: PARTS_AT_ONCE,
  });
  await transfer.done();
}

/** The bytes of a file; fails at their end, before the store has seen that end, when they are others. */
async function* verified(path: string, digest: Digest): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    yield chunk;
  }
  if (hash.digest('hex') !== digest.sha256) {
    throw new HeddleError('artifact-corrupt', 'The file is not what its digest says.');
  }
}
