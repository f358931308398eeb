import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { access, constants, stat } from 'node:fs/promises';
import { CliError, EXIT } from './errors.js';

/** Read at a time: large enough for a fast network, small enough to show progress. */
const CHUNK_BYTES = 1024 * 1024;

/** A file of this machine as a multipart body, which is read while it is sent. */
export interface Upload {
  headers: Record<string, string>;
  /** From the start, at every call. */
  body(): AsyncIterable<Uint8Array>;
}

/** Bytes of a file. Throws CliError when it cannot be read. */
export async function sizeOf(path: string): Promise<number> {
  const info = await stat(path).catch((error: unknown) => unreadable(path, error));
  if (!info.isFile()) throw new CliError(`${path} is not a file`, EXIT.usage);
  await access(path, constants.R_OK).catch((error: unknown) => unreadable(path, error));
  return info.size;
}

/** Throws CliError when the file cannot be read. */
export async function uploadOf(
  file: { path: string; name: string },
  fields: Record<string, string>,
  onBytes: (sent: number, total: number) => void = () => undefined,
): Promise<Upload> {
  const size = await sizeOf(file.path);
  const boundary = `heddle-${randomBytes(16).toString('hex')}`;
  const part = (disposition: string) =>
    `--${boundary}\r\nContent-Disposition: form-data; ${disposition}\r\n\r\n`;
  const texts = Object.entries(fields).map(([name, value]) => `${part(`name="${name}"`)}${value}\r\n`);
  const head = Buffer.from(`${texts.join('')}${part(`name="file"; filename="${quoted(file.name)}"`)}`);
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`);
  return {
    headers: {
      'content-type': `multipart/form-data; boundary=${boundary}`,
      'content-length': String(head.length + size + tail.length),
    },
    body: async function* () {
      yield head;
      let sent = 0;
      for await (const chunk of createReadStream(file.path, { highWaterMark: CHUNK_BYTES })) {
        yield chunk as Buffer;
        sent += (chunk as Buffer).length;
        onBytes(sent, size);
      }
      yield tail;
    },
  };
}

/** Throws what a person can do something about. */
export function unreadable(path: string, error: unknown): never {
  const code = (error as NodeJS.ErrnoException).code ?? String(error);
  if (code === 'ENOENT') throw new CliError(`${path} does not exist`, EXIT.usage);
  throw new CliError(`${path} cannot be read (${code})`, EXIT.usage);
}

/** As the WHATWG's form-data encoding writes a name. */
function quoted(name: string): string {
  return name.replaceAll('\n', '%0A').replaceAll('\r', '%0D').replaceAll('"', '%22');
}
