import type { Example } from './example.js';

/** Examples as lines of Heddle's own format, their ends included: what the reader of `jsonl` gives back as it was. */
export async function* convert(examples: AsyncIterable<Example>): AsyncGenerator<string> {
  for await (const { input, expected, group, slice } of examples)
    yield `${JSON.stringify({ input, expected, group, slice })}\n`;
}
