import { HeddleError } from '@heddle/contracts';
import type { SourceExample } from './example.js';
import { MAX_LINE_BYTES } from './limits.js';

/**
 * Examples as lines of Heddle's own format, their ends included: what the reader of `jsonl` gives back as it was, when it is
 * told the same task. Error: `line-too-long` for an example that it would not take.
 */
export async function* convert(examples: AsyncIterable<SourceExample>): AsyncGenerator<string> {
  for await (const { input, expected, group, slice, line } of examples) {
    const text = JSON.stringify({ input, expected, group, slice });
    if (Buffer.byteLength(text) > MAX_LINE_BYTES)
      throw new HeddleError(
        'line-too-long',
        `The example of line ${line} has more than ${MAX_LINE_BYTES} bytes as JSON, which is what a line may have.`,
      );
    yield `${text}\n`;
  }
}
