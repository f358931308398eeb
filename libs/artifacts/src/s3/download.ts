import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { isPassing, translate, unusableAnswer } from './s3-errors.js';

/** Tries without a byte of progress between them; each is itself repeated by the client until it is answered. */
const MAX_TRIES = 4;
const FIRST_PAUSE_MS = 100;

export interface Source {
  Bucket: string;
  Key: string;
  sha256: string;
}

/** Both ends included. */
export interface Range {
  start: number;
  end: number;
}

interface Part {
  body: Readable;
  etag: string | undefined;
  bytes: number;
}

/**
 * The bytes of an object, or of a range, as they come. A connection that breaks off is followed by another that begins
 * where it ended, of the same object: one that was replaced meanwhile is an error.
 * Errors, before anything is read and of the stream: those of `translate`.
 */
export async function download(client: S3Client, source: Source, range?: Range): Promise<Readable> {
  // Answered before the caller is: what is not there is not an error in the middle of something.
  const first = await request(client, source, range).catch((error: unknown) => {
    throw translate(error, source.sha256);
  });
  const stream = Readable.from(bytesOf(client, source, range, first), { objectMode: false });
  // A reader that goes away before it has read anything never gets the generator to its end.
  stream.once('close', () => first.body.destroy());
  return stream;
}

async function* bytesOf(
  client: S3Client,
  source: Source,
  range: Range | undefined,
  first: Part,
): AsyncGenerator<Buffer> {
  const start = range?.start ?? 0;
  const { bytes, etag } = first;
  let part: Part | undefined = first;
  let done = 0;
  for (let failures = 0; done < bytes; ) {
    try {
      const rest = { start: start + done, end: start + bytes - 1 };
      part ??= await request(client, source, rest, etag);
      for await (const chunk of part.body as AsyncIterable<Buffer>) {
        done += chunk.length;
        failures = 0;
        yield chunk;
      }
      if (done < bytes) throw Object.assign(new Error('cut off'), { code: 'ECONNRESET' });
    } catch (error) {
      if (!isPassing(error) || ++failures === MAX_TRIES) throw translate(error, source.sha256);
      await sleep(FIRST_PAUSE_MS * 2 ** failures);
    } finally {
      // Also when the reader goes away.
      part?.body.destroy();
      part = undefined;
    }
  }
}

async function request(client: S3Client, source: Source, range?: Range, etag?: string): Promise<Part> {
  const answer = await client.send(
    new GetObjectCommand({
      Bucket: source.Bucket,
      Key: source.Key,
      ...(range ? { Range: `bytes=${range.start}-${range.end}` } : {}),
      ...(etag ? { IfMatch: etag } : {}),
    }),
  );
  const body = answer.Body as Readable;
  // A connection that fails while nobody reads is told to whoever reads next, and must not end the process.
  body.on('error', () => undefined);
  const unusable =
    answer.ContentLength === undefined
      ? 'without Content-Length'
      : range && !answer.ContentRange?.startsWith(`bytes ${range.start}-`)
        ? 'other bytes than those of Range'
        : null;
  if (unusable === null) return { body, etag: answer.ETag, bytes: answer.ContentLength! };
  body.destroy();
  throw unusableAnswer(unusable);
}
