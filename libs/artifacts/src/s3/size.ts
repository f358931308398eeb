import { HeadObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { HeddleError } from '@heddle/contracts';
import { translate, unusableAnswer } from './s3-errors.js';

/** Bytes of what lies under a key, or null where nothing does. Errors: those of `translate`. */
export async function sizeOf(
  client: S3Client,
  target: { Bucket: string; Key: string },
  sha256: string,
): Promise<number | null> {
  try {
    const { ContentLength } = await client.send(new HeadObjectCommand(target));
    if (ContentLength === undefined) throw unusableAnswer('without Content-Length');
    return ContentLength;
  } catch (error) {
    const translated = translate(error, sha256);
    if (translated instanceof HeddleError && translated.code === 'artifact-corrupt') return null;
    throw translated;
  }
}
