import { HeddleError } from '@heddle/contracts';

/** Objects and arrays inside one another in a value that is skipped. */
const MAX_SKIPPED_DEPTH = 16;

/**
 * Reads JSON of a known form in order. `JSON.parse` would do, but it drops repeated keys silently, and a file
 * whose meaning depends on which of two entries wins must be refused. Nesting is bounded by the callers.
 * `what` names the text in messages.
 */
export class JsonReader {
  private at = 0;

  constructor(
    private readonly json: string,
    private readonly fileName: string,
    private readonly what: string,
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
      this.refuse(`the ${this.what} holds a malformed string`, cause);
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

  /** Any value, of which nothing is wanted. */
  skip(depth = 0): void {
    if (depth > MAX_SKIPPED_DEPTH) this.refuse(`the ${this.what} is nested too deeply`);
    this.skipBlanks();
    const start = this.json[this.at];
    if (start === '{') this.object(() => this.skip(depth + 1));
    else if (start === '[') this.skipArray(depth);
    else if (start === '"') this.string();
    else this.skipScalar();
  }

  /** Nothing but blanks may follow: writers pad the header with them. */
  end(): void {
    this.skipBlanks();
    if (this.at < this.json.length) this.fail('the end');
  }

  refuse(reason: string, cause?: unknown): never {
    throw new HeddleError('invalid-weights', `${this.fileName}: ${reason}`, { cause });
  }

  private skipArray(depth: number): void {
    this.expect('[');
    if (this.accept(']')) return;
    do this.skip(depth + 1);
    while (this.accept(','));
    this.expect(']');
  }

  private skipScalar(): void {
    SCALAR.lastIndex = this.at;
    if (!SCALAR.test(this.json)) this.fail('a value');
    this.at = SCALAR.lastIndex;
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
    this.refuse(
      `the ${this.what} is not what the format asks for: expected ${expected} at character ${this.at}`,
    );
  }
}

const INTEGER = /(?:0|[1-9][0-9]{0,15})(?![0-9.eE])/y;
const SCALAR = /(?:true|false|null|-?[0-9][0-9.eE+-]{0,40})(?![0-9A-Za-z.+-])/y;
const BLANKS = new Set([' ', '\t', '\r', '\n']);
