import { createReadStream } from 'node:fs';
import { access, constants, stat } from 'node:fs/promises';
import type { FileSource } from '@heddle/client';
import { CliError, EXIT } from './errors.js';

/** Read at a time: large enough for a fast network, small enough to show progress. */
const CHUNK_BYTES = 1024 * 1024;

/** Bytes of a file. Throws CliError when it cannot be read. */
export async function sizeOf(path: string): Promise<number> {
  const info = await stat(path).catch((error: unknown) => unreadable(path, error));
  if (!info.isFile()) throw new CliError(`${path} is not a file`, EXIT.usage);
  await access(path, constants.R_OK).catch((error: unknown) => unreadable(path, error));
  return info.size;
}

/** A file of this machine, to be read while it is sent. Throws CliError when it cannot be read. */
export async function sourceOf(
  path: string,
  onPercent: (percent: number) => void = () => undefined,
): Promise<FileSource> {
  const bytes = await sizeOf(path);
  return {
    bytes,
    open: async function* () {
      let sent = 0;
      for await (const chunk of createReadStream(path, { highWaterMark: CHUNK_BYTES })) {
        yield chunk as Buffer;
        sent += (chunk as Buffer).length;
        onPercent(Math.floor((100 * sent) / Math.max(1, bytes)));
      }
    },
  };
}

/** Throws what a person can do something about. */
export function unreadable(path: string, error: unknown): never {
  const code = (error as NodeJS.ErrnoException).code ?? String(error);
  if (code === 'ENOENT') throw new CliError(`${path} does not exist`, EXIT.usage);
  throw new CliError(`${path} cannot be read (${code})`, EXIT.usage);
}
