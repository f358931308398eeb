import { HeddleError } from '@heddle/contracts';
import { MAX_LINE_BYTES, MAX_STRING_BYTES } from './limits.js';

/** The bytes end inside a pickle: the file is cut off, or only a part of it was handed over. */
export class PickleCutOff extends HeddleError {}

/** Reads the arguments of opcodes in order, all little-endian but binary floats. */
export class PickleCursor {
  at = 0;
  private readonly view: DataView;

  constructor(
    private readonly bytes: Uint8Array,
    readonly fileName: string,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  uint8(): number {
    return this.view.getUint8(this.take(1));
  }

  uint16(): number {
    return this.view.getUint16(this.take(2), true);
  }

  int32(): number {
    return this.view.getInt32(this.take(4), true);
  }

  uint32(): number {
    return this.view.getUint32(this.take(4), true);
  }

  /** The length of what follows; lengths past 2^53 are certainly too long. */
  uint64(): number {
    return Number(this.view.getBigUint64(this.take(8), true));
  }

  float64(): number {
    return this.view.getFloat64(this.take(8), false);
  }

  raw(length: number): Uint8Array {
    const start = this.take(length);
    return this.bytes.subarray(start, start + length);
  }

  text(length: number): string {
    if (length > MAX_STRING_BYTES)
      this.refuse(`a string of ${length} bytes; at most ${MAX_STRING_BYTES} are read`);
    return this.decode(this.raw(length));
  }

  /** Up to a line feed, which is consumed. */
  line(): string {
    const limit = this.at + MAX_LINE_BYTES;
    const end = this.bytes.indexOf(LINE_FEED, this.at);
    if (end === -1 && this.bytes.length <= limit) this.cutOff();
    if (end === -1 || end > limit) this.refuse(`a line of more than ${MAX_LINE_BYTES} bytes`);
    const text = this.decode(this.raw(end - this.at));
    this.at += 1;
    return text;
  }

  refuse(reason: string): never {
    throw new HeddleError(
      'invalid-weights',
      `${this.fileName}: malformed pickle at byte ${this.at}: ${reason}`,
    );
  }

  private take(length: number): number {
    const start = this.at;
    if (length > this.bytes.length - start) this.cutOff();
    this.at += length;
    return start;
  }

  private cutOff(): never {
    throw new PickleCutOff('invalid-weights', `${this.fileName}: the pickle is cut off or too large`);
  }

  private decode(bytes: Uint8Array): string {
    try {
      return UTF8.decode(bytes);
    } catch {
      this.refuse('a string that is not UTF-8');
    }
  }
}

const LINE_FEED = 0x0a;
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
