import { type FileHandle, open, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { type ErrorCode, HeddleError } from '@heddle/contracts';

/** Bytes read at once: large enough for the disk, small beside a tensor. A multiple of every element's width. */
export const CHUNK_BYTES = 1024 * 1024;

/** What a file is refused with: for being malformed, and for going beyond a limit. */
export interface RefusalCodes {
  malformed: ErrorCode;
  limits: ErrorCode;
}
const WEIGHTS: RefusalCodes = { malformed: 'invalid-weights', limits: 'invalid-weights' };

/** A hostile file, only read, at positions that its reader has checked against `size`. */
export class ByteFile {
  private constructor(
    private readonly handle: FileHandle,
    readonly name: string,
    readonly size: number,
    private readonly codes: RefusalCodes,
  ) {}

  static async open(path: string, codes: RefusalCodes = WEIGHTS): Promise<ByteFile> {
    const name = basename(path);
    try {
      // Looked at before it is opened: opening a pipe would wait for a writer for ever.
      if (!(await stat(path)).isFile()) {
        throw new HeddleError(codes.malformed, `${name} is not a regular file`);
      }
      const handle = await open(path, 'r');
      return new ByteFile(handle, name, (await handle.stat()).size, codes);
    } catch (cause) {
      if (cause instanceof HeddleError) throw cause;
      throw new HeddleError(codes.malformed, `${name} cannot be opened`, { cause });
    }
  }

  /** Fills `target` with the bytes from `position` on. */
  async read(position: number, target: Uint8Array): Promise<void> {
    let done = 0;
    while (done < target.length) {
      const { bytesRead } = await this.handle.read(target, done, target.length - done, position + done);
      if (bytesRead === 0) this.refuse('became shorter while it was read');
      done += bytesRead;
    }
  }

  async bytes(position: number, length: number): Promise<Buffer> {
    const target = Buffer.alloc(length);
    await this.read(position, target);
    return target;
  }

  /** The bytes from `begin` to `end` in order. Every chunk is the same memory: use it up before the next. */
  async *chunks(begin: number, end: number): AsyncGenerator<Uint8Array> {
    const chunk = new Uint8Array(Math.min(CHUNK_BYTES, end - begin));
    for (let at = begin; at < end; at += chunk.length) {
      const bytes = chunk.subarray(0, Math.min(chunk.length, end - at));
      await this.read(at, bytes);
      yield bytes;
    }
  }

  refuse(reason: string, cause?: unknown): never {
    throw new HeddleError(this.codes.malformed, `${this.name} ${reason}`, { cause });
  }

  refuseAsTooLarge(reason: string): never {
    throw new HeddleError(this.codes.limits, `${this.name} ${reason}`);
  }

  close(): Promise<void> {
    return this.handle.close();
  }
}
