import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { access, type FileHandle, open, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ConnectionError, type HeddleClient, type StoredFile } from '@heddle/client';
import { CliError, EXIT } from './errors.js';

/** Connections that break off before a byte has come that was not there, one after the other. */
const MAX_TRIES = 5;
const FIRST_PAUSE_MS = 200;

export interface DownloadOptions {
  /** A path, or a folder that is there; by default the file's own name here. */
  out?: string;
  /** What is at the path may be overwritten. */
  force: boolean;
  onBytes: (received: number, total: number) => void;
}

/**
 * Fetches the bytes of a file, verifies their digest, and returns the path where they are. What has come before a break
 * is kept beside that path, and the next call goes on from there. Throws CliError.
 */
export async function downloadFile(
  client: HeddleClient,
  file: StoredFile,
  options: DownloadOptions,
): Promise<string> {
  const path = await pathFor(file, options.out);
  if (!options.force && (await isThere(path))) {
    throw new CliError(`${path} is there already; --force overwrites it`, EXIT.conflict);
  }
  // By the file's id: a part of another one is none of this.
  const part = `${path}.${file.id}.part`;
  const target = await open(part, 'a').catch((error: unknown) => unwritable(path, error));
  try {
    const sha256 = await receive(client, file, { part, target }, options.onBytes);
    if (sha256 !== file.sha256) {
      await rm(part, { force: true });
      throw new CliError(`what came is not ${file.id}: its digest is another. Try again.`, EXIT.network);
    }
    await rename(part, path).catch((error: unknown) => unwritable(path, error));
    return path;
  } finally {
    await target.close();
  }
}

/** Adds what is missing to the part and returns the digest of all of it. */
async function receive(
  client: HeddleClient,
  file: StoredFile,
  { part, target }: { part: string; target: FileHandle },
  onBytes: DownloadOptions['onBytes'],
): Promise<string> {
  let { hash, bytes } = await begin(part, target, file.bytes);
  onBytes(bytes, file.bytes);
  // Where ranges are ignored each try begins again: only what is new gets the file nearer.
  let farthest = bytes;
  for (let failures = 0; bytes < file.bytes; ) {
    try {
      const content = await client.files.download(file.id, { start: bytes, ifRange: `"${file.sha256}"` });
      if (content.range === null) ({ hash, bytes } = await startOver(target));
      for await (const chunk of content) {
        await target.appendFile(chunk).catch((error: unknown) => unwritable(part, error));
        hash.update(chunk);
        bytes += chunk.length;
        if (bytes > farthest) {
          farthest = bytes;
          failures = 0;
        }
        onBytes(bytes, file.bytes);
      }
      if (bytes < file.bytes) throw new ConnectionError('the answer broke off');
    } catch (error) {
      if (!(error instanceof ConnectionError)) throw error;
      if (++failures === MAX_TRIES) throw broken(part);
      await sleep(FIRST_PAUSE_MS * 2 ** failures);
    }
  }
  return hash.digest('hex');
}

/** What an earlier call has left, unless it is more than the file has. */
async function begin(part: string, target: FileHandle, most: number): Promise<{ hash: Hash; bytes: number }> {
  if ((await target.stat()).size > most) return startOver(target);
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of createReadStream(part) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  return { hash, bytes };
}

async function startOver(target: FileHandle): Promise<{ hash: Hash; bytes: number }> {
  await target.truncate(0);
  return { hash: createHash('sha256'), bytes: 0 };
}

async function pathFor(file: StoredFile, out: string | undefined): Promise<string> {
  // A name that another chose: it must be one of a file here.
  const name = /^\.{0,2}$|[/\\]/.test(file.filename) ? file.id : file.filename;
  if (out === undefined) return name;
  const info = await stat(out).catch(() => null);
  return info?.isDirectory() ? join(out, name) : out;
}

function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

function broken(part: string): CliError {
  return new CliError(
    `the connection breaks off again and again; ${part} is kept to go on from`,
    EXIT.network,
  );
}

function unwritable(path: string, error: unknown): never {
  const code = (error as NodeJS.ErrnoException).code ?? String(error);
  throw new CliError(`${path} cannot be written (${code})`, EXIT.usage);
}
