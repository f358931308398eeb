import type { ByteFile } from '../bytes/byte-file.js';

/** A tar's bytes, taken in order. */
export interface TarInput {
  /** Bytes taken so far. */
  readonly position: number;
  /** Exactly `length` bytes, which stay valid; fewer, maybe none, only at the end. */
  read(length: number): Promise<Buffer>;
  skip(length: number): Promise<void>;
  /** The next `length` bytes in pieces, whose memory may be reused; fewer only at the end. */
  pieces(length: number): AsyncIterable<Uint8Array>;
  refuse(reason: string): never;
  refuseAsTooLarge(reason: string): never;
}

/** A plain tar: skipping costs nothing. */
export class FileInput implements TarInput {
  position = 0;

  constructor(private readonly file: ByteFile) {}

  async read(length: number): Promise<Buffer> {
    const bytes = await this.file.bytes(this.position, this.available(length));
    this.position += bytes.length;
    return bytes;
  }

  async skip(length: number): Promise<void> {
    this.position += this.available(length);
  }

  async *pieces(length: number): AsyncGenerator<Uint8Array> {
    for await (const piece of this.file.chunks(this.position, this.position + this.available(length))) {
      this.position += piece.length;
      yield piece;
    }
  }

  refuse(reason: string): never {
    this.file.refuse(reason);
  }

  refuseAsTooLarge(reason: string): never {
    this.file.refuseAsTooLarge(reason);
  }

  private available(length: number): number {
    return Math.min(length, this.file.size - this.position);
  }
}

/** A tar that is being unpacked: bytes arrive in buffers of any length. */
export class StreamInput implements TarInput {
  position = 0;
  private readonly buffers: AsyncIterator<Buffer>;
  private rest: Buffer = Buffer.alloc(0);

  constructor(
    buffers: AsyncIterable<Buffer>,
    private readonly file: ByteFile,
  ) {
    this.buffers = buffers[Symbol.asyncIterator]();
  }

  async read(length: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    for await (const piece of this.pieces(length)) parts.push(piece);
    return Buffer.concat(parts);
  }

  async skip(length: number): Promise<void> {
    for await (const _ of this.pieces(length));
  }

  async *pieces(length: number): AsyncGenerator<Buffer> {
    for (let left = length; left > 0; ) {
      if (this.rest.length === 0) {
        const next = await this.buffers.next();
        if (next.done) return;
        this.rest = next.value;
      }
      const piece = this.rest.subarray(0, left);
      this.rest = this.rest.subarray(piece.length);
      this.position += piece.length;
      left -= piece.length;
      yield piece;
    }
  }

  refuse(reason: string): never {
    this.file.refuse(reason);
  }

  refuseAsTooLarge(reason: string): never {
    this.file.refuseAsTooLarge(reason);
  }
}
