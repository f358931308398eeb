import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { HeddleError } from '@heddle/contracts';
import type { Digest } from '../artifact-store.js';
import { sizeOf } from './size.js';

/** In memory at a time: a part on the way and the one that is read meanwhile. S3 takes 10,000 parts: 80 GiB. */
const PART_BYTES = 8 * 1024 * 1024;

type Target = { Bucket: string; Key: string };

/**
 * Sends a file. Nothing can be seen under its key until all of it has come and its bytes are those of the digest; what
 * was sent before an error is taken back. Each body is signed with its SHA-256, so that the server verifies it.
 * Errors: `artifact-corrupt` when the file is not what the digest says; those of the client.
 */
export async function upload(client: S3Client, path: string, target: Target, digest: Digest): Promise<void> {
  const file = await open(path);
  try {
    if (digest.bytes > PART_BYTES) await sendParts(client, file, target, digest);
    else await sendWhole(client, file, target, digest);
  } finally {
    await file.close();
  }
}

async function sendWhole(client: S3Client, file: FileHandle, target: Target, digest: Digest): Promise<void> {
  const bytes = await file.readFile();
  assertSame(createHash('sha256').update(bytes).digest('hex'), digest);
  await client.send(new PutObjectCommand({ ...target, Body: bytes }));
}

async function sendParts(client: S3Client, file: FileHandle, target: Target, digest: Digest): Promise<void> {
  const { UploadId } = await client.send(new CreateMultipartUploadCommand(target));
  const transfer = { ...target, UploadId };
  const hash = createHash('sha256');
  const parts: CompletedPart[] = [];
  let sending: Promise<void> = Promise.resolve();
  try {
    // Two buffers in turn: one is sent while the other is filled.
    const buffers = [Buffer.allocUnsafe(PART_BYTES), Buffer.allocUnsafe(PART_BYTES)];
    for (let number = 1; ; number++) {
      const body = await fill(file, buffers[number % 2]!);
      await sending;
      if (body.length === 0) break;
      hash.update(body);
      sending = client
        .send(new UploadPartCommand({ ...transfer, PartNumber: number, Body: body }))
        .then(({ ETag }) => void parts.push({ PartNumber: number, ETag }));
      // Awaited in the next round; an error must not be nobody's until then.
      sending.catch(() => undefined);
    }
    assertSame(hash.digest('hex'), digest);
    await complete(client, transfer, parts, digest);
  } catch (error) {
    // A part that arrives after the others were taken back would stay.
    await sending.catch(() => undefined);
    // Where the server is away the parts stay, unseen, until the bucket's rules remove them.
    await client.send(new AbortMultipartUploadCommand(transfer)).catch(() => undefined);
    throw error;
  }
}

/** Where the answer was lost and the server does not know the upload any more, what lies there says how it ended. */
async function complete(
  client: S3Client,
  transfer: Target & { UploadId: string | undefined },
  Parts: CompletedPart[],
  { sha256, bytes }: Digest,
): Promise<void> {
  try {
    await client.send(new CompleteMultipartUploadCommand({ ...transfer, MultipartUpload: { Parts } }));
  } catch (error) {
    const { Bucket, Key } = transfer;
    const there = await sizeOf(client, { Bucket, Key }, sha256).catch(() => null);
    if (there !== bytes) throw error;
  }
}

/** Reads until the buffer is full or the file ends. */
async function fill(file: FileHandle, buffer: Buffer): Promise<Buffer> {
  let filled = 0;
  while (filled < buffer.length) {
    const { bytesRead } = await file.read(buffer, filled, buffer.length - filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}

function assertSame(sha256: string, digest: Digest): void {
  if (sha256 === digest.sha256) return;
  throw new HeddleError('artifact-corrupt', 'The file is not what its digest says.');
}
