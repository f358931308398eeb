import { type FileHandle, open } from 'node:fs/promises';

/** Bytes of the data file. */
export interface ExternalRange {
  offset: number;
  length: number;
}

/** Start of every tensor: the widest vector load (AVX-512) of a runtime that maps the file. */
const ALIGNMENT = 64;
/** Tensors of a page or more start on one, so that mapping one maps no other. */
const PAGE_ALIGNMENT = 4096;
const PAGE_ALIGNED_FROM_BYTES = 64 * 1024;
/** One write call takes less than 2 GiB; larger tensors go to disk in pieces of this. */
const MAX_WRITE_BYTES = 256 * 1024 * 1024;

/** The file that holds the weights beside a model; grows by one tensor at a time. */
export class ExternalData {
  private end = 0;

  private constructor(private readonly file: FileHandle) {}

  /** Creates the file; one that exists already is an error, never overwritten. */
  static async create(path: string): Promise<ExternalData> {
    return new ExternalData(await open(path, 'wx'));
  }

  get bytes(): number {
    return this.end;
  }

  async append(data: Uint8Array): Promise<ExternalRange> {
    const alignment = data.length >= PAGE_ALIGNED_FROM_BYTES ? PAGE_ALIGNMENT : ALIGNMENT;
    const offset = Math.ceil(this.end / alignment) * alignment;
    // Before the first pause: several may be appended at the same time.
    this.end = offset + data.length;
    let written = 0;
    while (written < data.length) {
      const size = Math.min(data.length - written, MAX_WRITE_BYTES);
      const { bytesWritten } = await this.file.write(data, written, size, offset + written);
      written += bytesWritten;
    }
    return { offset, length: data.length };
  }

  close(): Promise<void> {
    return this.file.close();
  }
}
