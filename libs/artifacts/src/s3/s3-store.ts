import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import {
  DeleteObjectCommand,
  HeadBucketCommand,
  paginateListObjectsV2,
  S3Client,
  type S3ClientConfig,
} from '@aws-sdk/client-s3';
import { HeddleError } from '@heddle/contracts';
import type { ArtifactStore, ListedArtifact } from '../artifact-store.js';
import { digestOf } from '../digest.js';
import { digestIn, keyOf } from '../key.js';
import { download } from './download.js';
import { causeOf, isRefusal, translate } from './s3-errors.js';
import { sizeOf } from './size.js';
import { upload } from './upload.js';

/** A bucket, or a part of one. */
export interface S3Location {
  bucket: string;
  /** Before every key, without `/` at its ends; may be empty. */
  prefix: string;
  /** Of a server that is not Amazon's. */
  endpoint?: string;
  region: string;
  /** Without them the client looks where Amazon's programs do: environment, profiles, the machine's role. */
  credentials?: { accessKeyId: string; secretAccessKey: string };
  /** `https://host/bucket/key` in place of `https://bucket.host/key`. */
  forcePathStyle: boolean;
}

interface S3Options {
  /** Milliseconds until a connection must stand, and until an answer must begin or go on. */
  connectMs?: number;
  silenceMs?: number;
  /** Tries of one request; the pauses between them grow from 0.1 s. */
  maxTries?: number;
  /** Milliseconds for a removal, which a database transaction of ten seconds waits for. */
  removeMs?: number;
}

/**
 * An artefact store in a bucket of S3 or of a server that speaks like it: `<prefix>/ab/ab12…`, as a folder store has
 * it. Any number of processes may share it. Beside the errors of the interface every method may throw `overloaded`:
 * the server cannot be reached, or refuses this client.
 */
export function openS3Store(location: S3Location, options: S3Options = {}): ArtifactStore {
  const { connectMs = 3_000, silenceMs = 20_000, maxTries = 3, removeMs = 5_000 } = options;
  const { bucket, prefix, endpoint, credentials, region, forcePathStyle } = location;
  const settings: S3ClientConfig = {
    region,
    forcePathStyle,
    ...(endpoint ? { endpoint } : {}),
    ...(credentials ? { credentials } : {}),
    maxAttempts: maxTries,
    requestHandler: {
      connectionTimeout: connectMs,
      requestTimeout: silenceMs,
      throwOnRequestTimeout: true,
      socketTimeout: silenceMs,
    },
    // Bodies are signed with their SHA-256 in any case; the checksums that Amazon added later are not known to all.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  };
  const client = new S3Client(settings);
  // A repetition of a removal could meet the same content, put again.
  const remover = new S3Client({ ...settings, maxAttempts: 1 });
  const named = (sha256: string) => ({
    Bucket: bucket,
    Key: prefix ? `${prefix}/${keyOf(sha256)}` : keyOf(sha256),
  });

  return {
    check: async () => {
      try {
        await client.send(new HeadBucketCommand({ Bucket: bucket }));
      } catch (error) {
        if (!isRefusal(error) && !isAbsent(error)) throw translate(error, '');
        const detail = `s3://${bucket} cannot be used: check HEDDLE_ARTIFACTS and HEDDLE_S3_….`;
        throw new HeddleError('artifacts-unavailable', detail, { cause: causeOf(error) });
      }
    },
    has: async (sha256) => (await sizeOf(client, named(sha256), sha256)) !== null,
    put: async (path, { digest: known, move = false } = {}) => {
      const digest = known ?? (await digestOf(path));
      const target = named(digest.sha256);
      if ((await sizeOf(client, target, digest.sha256)) !== digest.bytes) {
        await upload(client, path, target, digest).catch((error: unknown) => {
          throw translate(error, digest.sha256);
        });
        if (move) await rm(path, { force: true });
      }
      return digest;
    },
    fetch: async (sha256, path) => {
      const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
      try {
        await pipeline(await download(client, { ...named(sha256), sha256 }), createWriteStream(temporary));
        await rename(temporary, path);
      } catch (error) {
        await rm(temporary, { force: true });
        throw translate(error, sha256);
      }
    },
    read: async (sha256, range) => download(client, { ...named(sha256), sha256 }, range),
    list: () => listBucket(client, bucket, prefix),
    remove: async (sha256) => {
      const abortSignal = AbortSignal.timeout(removeMs);
      await remover.send(new DeleteObjectCommand(named(sha256)), { abortSignal }).catch((error: unknown) => {
        throw translate(error, sha256);
      });
    },
  };
}

async function* listBucket(client: S3Client, bucket: string, prefix: string): AsyncGenerator<ListedArtifact> {
  const below = prefix ? `${prefix}/` : '';
  const pages = paginateListObjectsV2({ client }, { Bucket: bucket, Prefix: below });
  try {
    for await (const { Contents = [] } of pages) {
      for (const { Key = '', Size = 0, LastModified } of Contents) {
        const sha256 = digestIn(Key.slice(below.length));
        if (sha256 && LastModified) yield { sha256, bytes: Size, putAt: LastModified };
      }
    }
  } catch (error) {
    throw translate(error, '');
  }
}

function isAbsent(error: unknown): boolean {
  return (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode === 404;
}
