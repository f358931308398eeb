import type { Upload } from './call.js';

/** A file that is read while it is sent. */
export interface FileSource {
  /** Its bytes from the start, at every call: so the upload can be tried again. */
  open(): AsyncIterable<Uint8Array>;
  /** How many there are. Without it, an upload that is too large is refused only once it has been sent. */
  bytes?: number | undefined;
}

/**
 * Bytes, a text, a Blob (of a file in Node: `fs.openAsBlob`), or what is read while it is sent. A stream can be read only
 * once: its upload is not tried again.
 */
export type FileContents =
  | string
  | Uint8Array
  | Blob
  | FileSource
  | AsyncIterable<Uint8Array>
  | ReadableStream<Uint8Array>;

const BOUNDARY_BYTES = 16;

/** `contents` as part `file` of a multipart body, after the fields. */
export function uploadOf(contents: FileContents, filename: string, fields: Record<string, string>): Upload {
  if (typeof contents === 'string' || contents instanceof Uint8Array || contents instanceof Blob)
    return formUpload(contents, filename, fields);
  const isStream = contents instanceof ReadableStream;
  // Streams of Node have a method `open` as well.
  if (!isStream && !(Symbol.asyncIterator in contents)) return streamUpload(contents, true, filename, fields);
  const once = isStream ? piecesOf(contents) : contents;
  return streamUpload({ open: () => once }, false, filename, fields);
}

/** What the platform makes a form of by itself: it reads a Blob as it sends it. */
function formUpload(
  contents: string | Uint8Array | Blob,
  filename: string,
  fields: Record<string, string>,
): Upload {
  const blob = contents instanceof Blob ? contents : new Blob([contents as BlobPart]);
  return {
    headers: {},
    body: () => {
      const form = new FormData();
      for (const [name, value] of Object.entries(fields)) form.append(name, value);
      form.append('file', blob, filename);
      return form;
    },
    repeatable: true,
    failure: () => undefined,
  };
}

function streamUpload(
  { open, bytes }: FileSource,
  repeatable: boolean,
  filename: string,
  fields: Record<string, string>,
): Upload {
  const random = crypto.getRandomValues(new Uint8Array(BOUNDARY_BYTES));
  const boundary = `heddle-${Array.from(random, (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
  const part = (disposition: string) =>
    `--${boundary}\r\nContent-Disposition: form-data; ${disposition}\r\n\r\n`;
  const texts = Object.entries(fields).map(([name, value]) => `${part(`name="${name}"`)}${value}\r\n`);
  const encoder = new TextEncoder();
  const head = encoder.encode(`${texts.join('')}${part(`name="file"; filename="${quoted(filename)}"`)}`);
  const tail = encoder.encode(`\r\n--${boundary}--\r\n`);
  let failure: unknown;
  return {
    headers: {
      'content-type': `multipart/form-data; boundary=${boundary}`,
      ...(bytes === undefined ? {} : { 'content-length': String(head.length + bytes + tail.length) }),
    },
    body: () => {
      failure = undefined;
      const pieces = (async function* () {
        yield head;
        try {
          yield* open();
        } catch (error) {
          failure = error;
          throw error;
        }
        yield tail;
      })();
      return streamOf(pieces);
    },
    repeatable,
    failure: () => failure,
  };
}

/** Pieces as a stream that asks for them one by one. */
export function streamOf(pieces: AsyncGenerator<Uint8Array, void, undefined>): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      const { done, value } = await pieces.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: async () => {
      await pieces.return();
    },
  });
}

/** Not every browser can iterate a stream. */
async function* piecesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = stream.getReader();
  try {
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) yield piece.value;
  } finally {
    reader.releaseLock();
  }
}

/** As the WHATWG's form-data encoding writes a name. */
function quoted(name: string): string {
  return name.replaceAll('\n', '%0A').replaceAll('\r', '%0D').replaceAll('"', '%22');
}
