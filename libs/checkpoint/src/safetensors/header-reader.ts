import { HeddleError } from '@heddle/contracts';

/**
 * Reads the three-level JSON of a safetensors header in order. `JSON.parse` would do, but it drops repeated
 * keys silently, and a file whose meaning depends on which of two entries wins must be refused.
 * Nesting is bounded by the callers: there is no recursion over input.
 */
export class HeaderReader {
  private at = 0;

  constructor(
    private readonly json: string,
    private readonly fileName: string,
  ) {}

  /** Calls `member` for each key, which must then read exactly the key's value. */
  object(member: (key: string) => void): void {
    this.expect('{');
    if (this.accept('}')) return;
    do {
      const key = this.string();
      this.expect(':');
      member(key);
    } while (this.accept(','));
    this.expect('}');
  }

  string(): string {
    this.skipBlanks();
    const start = this.at;
    if (this.json[start] !== '"') this.fail('a string');
    let at = start + 1;
    while (at < this.json.length && this.json[at] !== '"') at += this.json[at] === '\\' ? 2 : 1;
    this.at = Math.min(at + 1, this.json.length);
    try {
      return JSON.parse(this.json.slice(start, this.at)) as string;
    } catch (cause) {
      this.refuse('the header holds a malformed string', cause);
    }
  }

  /** An array of at most `limit` whole numbers from 0 to 2^53 - 1. */
  integers(limit: number): number[] {
    const values: number[] = [];
    this.expect('[');
    if (this.accept(']')) return values;
    do {
      if (values.length === limit) this.fail(`at most ${limit} numbers`);
      values.push(this.integer());
    } while (this.accept(','));
    this.expect(']');
    return values;
  }

  /** Nothing but blanks may follow: writers pad the header with them. */
  end(): void {
    this.skipBlanks();
    if (this.at < this.json.length) this.fail('the end');
  }

  refuse(reason: string, cause?: unknown): never {
    throw new HeddleError('invalid-weights', `${this.fileName}: ${reason}`, { cause });
  }

  private integer(): number {
    this.skipBlanks();
    INTEGER.lastIndex = this.at;
    const found = INTEGER.exec(this.json);
    const value = Number(found?.[0] ?? Number.NaN);
    if (!Number.isSafeInteger(value)) this.fail('a whole number below 2^53');
    this.at = INTEGER.lastIndex;
    return value;
  }

  private accept(char: string): boolean {
    this.skipBlanks();
    if (this.json[this.at] !== char) return false;
    this.at += 1;
    return true;
  }

  private expect(char: string): void {
    if (!this.accept(char)) this.fail(`"${char}"`);
  }

  private skipBlanks(): void {
    while (BLANKS.has(this.json[this.at]!)) this.at += 1;
  }

  private fail(expected: string): never {
    this.refuse(`the header is not what the format asks for: expected ${expected} at character ${this.at}`);
  }
}

const INTEGER = /(?:0|[1-9][0-9]{0,15})(?![0-9.eE])/y;
const BLANKS = new Set([' ', '\t', '\r', '\n']);
