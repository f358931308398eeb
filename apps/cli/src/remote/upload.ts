import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { CliError, EXIT } from './errors.js';

/** Read at a time: large enough for a fast network, small enough to show progress. */
const CHUNK_BYTES = 1024 * 1024;

/** A file of this machine as a multipart body, which is read while it is sent. */
export interface Upload {
  headers: Record<string, string>;
  /** From the start, at every call. */
  body(): AsyncIterable<Uint8Array>;
}

/** Throws CliError when the file cannot be read. */
export async function uploadOf(
  file: { path: string; name: string },
  fields: Record<string, string>,
  onBytes: (sent: number, total: number) => void = () => undefined,
): Promise<Upload> {
  const info = await stat(file.path).catch(() => null);
  if (!info?.isFile()) throw new CliError(`${file.path} is not a file that can be read`, EXIT.usage);
  const boundary = `heddle-${randomBytes(16).toString('hex')}`;
  const part = (disposition: string) =>
    `--${boundary}\r\nContent-Disposition: form-data; ${disposition}\r\n\r\n`;
  const texts = Object.entries(fields).map(([name, value]) => `${part(`name="${name}"`)}${value}\r\n`);
  const head = Buffer.from(`${texts.join('')}${part(`name="file"; filename="${quoted(file.name)}"`)}`);
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`);
  return {
    headers: {
      'content-type': `multipart/form-data; boundary=${boundary}`,
      'content-length': String(head.length + info.size + tail.length),
    },
    body: async function* () {
      yield head;
      let sent = 0;
      for await (const chunk of createReadStream(file.path, { highWaterMark: CHUNK_BYTES })) {
        yield chunk as Buffer;
        sent += (chunk as Buffer).length;
        onBytes(sent, info.size);
      }
      yield tail;
    },
  };
}

/** As the WHATWG's form-data encoding writes a name. */
function quoted(name: string): string {
  return name.replaceAll('\n', '%0A').replaceAll('\r', '%0D').replaceAll('"', '%22');
}
