import type { ByteFile } from '../bytes/byte-file.js';
import { PickleCutOff } from './cursor.js';
import { MAX_PICKLE_BYTES } from './limits.js';
import type { PickleRules } from './machine.js';
import { type Unpickled, unpickle } from './unpickle.js';

/** Bytes tried first when the length of a pickle is not known; most are smaller. */
const FIRST_WINDOW_BYTES = 64 * 1024;

/** Pickles that follow one another in a file, each of a length that only reading it shows. */
export class PickleSequence {
  constructor(
    private readonly file: ByteFile,
    /** Where the next pickle begins. */
    public at: number,
    private readonly end: number,
    private readonly rules: PickleRules,
  ) {}

  async next(): Promise<unknown> {
    const largest = Math.min(this.end - this.at, MAX_PICKLE_BYTES);
    for (let window = FIRST_WINDOW_BYTES; ; window *= 16) {
      const length = Math.min(window, largest);
      const found = this.attempt(await this.file.bytes(this.at, length), length === largest);
      if (found === undefined) continue;
      this.at += found.end;
      return found.value;
    }
  }

  /** Undefined when more bytes are needed and there are more. */
  private attempt(bytes: Uint8Array, isAll: boolean): Unpickled | undefined {
    try {
      return unpickle(bytes, this.file.name, this.rules);
    } catch (error) {
      if (error instanceof PickleCutOff && !isAll) return undefined;
      throw error;
    }
  }
}
