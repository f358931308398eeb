import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { orStorageFull } from '@heddle/artifacts';

/** Bytes that are written at a time. */
const CHUNK_BYTES = 256 * 1024;

/** A file that is written from its beginning to its end, counted and hashed. */
export class LineFile {
  lines = 0;
  /** Bytes so far. */
  bytes = 0;
  private readonly hash = createHash('sha256');
  private waiting: Buffer[] = [];
  private waitingBytes = 0;

  private constructor(
    readonly path: string,
    private readonly handle: FileHandle,
  ) {}

  /** Errors: `storage-full`. */
  static async create(path: string): Promise<LineFile> {
    return new LineFile(path, await orStorageFull(() => open(path, 'wx+')));
  }

  /** Errors: `storage-full`. */
  async add(...pieces: (string | Buffer)[]): Promise<void> {
    this.lines++;
    for (const piece of pieces) {
      const bytes = typeof piece === 'string' ? Buffer.from(piece) : piece;
      this.waiting.push(bytes);
      this.waitingBytes += bytes.length;
      this.bytes += bytes.length;
    }
    if (this.waitingBytes >= CHUNK_BYTES) await this.flush();
  }

  /** Bytes that were written; `flush` first. */
  async read(at: number, length: number): Promise<Buffer> {
    const bytes = Buffer.allocUnsafe(length);
    for (let done = 0; done < length; ) {
      const { bytesRead } = await this.handle.read(bytes, done, length - done, at + done);
      if (bytesRead === 0) throw new Error(`${this.path} ends before byte ${at + length}`);
      done += bytesRead;
    }
    return bytes;
  }

  async flush(): Promise<void> {
    const chunk = Buffer.concat(this.waiting);
    this.waiting = [];
    this.waitingBytes = 0;
    this.hash.update(chunk);
    await orStorageFull(async () => {
      for (let at = 0; at < chunk.length; ) at += (await this.handle.write(chunk, at)).bytesWritten;
    });
  }

  /** What the whole file is known by; nothing may be added afterwards. */
  async digest(): Promise<{ sha256: string; bytes: number }> {
    await this.flush();
    return { sha256: this.hash.digest('hex'), bytes: this.bytes };
  }

  /** May be closed more than once. */
  close(): Promise<void> {
    return this.handle.close();
  }
}
