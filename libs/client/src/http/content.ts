import { chunksOf } from './chunks.js';
import { streamOf } from './multipart.js';
import type { OpenAnswer } from './transport.js';

/** The bytes of a file, or a range of them. They come as they are read, once, in one of the four ways. */
export class FileContent implements AsyncIterable<Uint8Array> {
  readonly requestId: string | null;
  /** What `ifMatch` and `ifRange` take; the bytes of a file never change. */
  readonly etag: string | null;
  /** Which bytes of how many, `end` left out; null where these are all, also those of a range that there is not. */
  readonly range: { start: number; end: number; total: number } | null;
  private readonly chunks: AsyncGenerator<Uint8Array, void, undefined>;

  constructor(answer: OpenAnswer, silenceMs: number) {
    const { headers } = answer.response;
    this.requestId = headers.get('x-request-id');
    this.etag = headers.get('etag');
    this.range = rangeOf(headers.get('content-range'));
    this.chunks = chunksOf(answer, silenceMs);
  }

  [Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    return this.chunks;
  }

  stream(): ReadableStream<Uint8Array> {
    return streamOf(this.chunks);
  }

  async bytes(): Promise<Uint8Array> {
    const chunks: Uint8Array[] = [];
    let length = 0;
    for await (const chunk of this.chunks) {
      chunks.push(chunk);
      length += chunk.length;
    }
    const all = new Uint8Array(length);
    let at = 0;
    for (const chunk of chunks) {
      all.set(chunk, at);
      at += chunk.length;
    }
    return all;
  }

  /** As UTF-8. */
  async text(): Promise<string> {
    return new TextDecoder().decode(await this.bytes());
  }
}

function rangeOf(header: string | null): FileContent['range'] {
  const match = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(header ?? '');
  if (!match) return null;
  return { start: Number(match[1]), end: Number(match[2]) + 1, total: Number(match[3]) };
}
