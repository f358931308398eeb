import { HeddleError } from '@heddle/contracts';
import { type DatasetReader, readDataset } from '@heddle/evaluation';
import type { ReadAnswer, ReadRequest, ReadWork } from './read-in-child.js';
import { serve } from './serve.js';

/** Examples of one answer, and characters of them as JSON. */
const ANSWER = { examples: 512, chars: 1024 * 1024 };

let work: ReadWork;
let bytes = Buffer.alloc(0);
let filled = 0;
let reader: DatasetReader | undefined;

serve<ReadRequest, ReadAnswer | null>(async (request) => {
  if ('open' in request) {
    work = request.open;
    bytes = Buffer.allocUnsafe(work.bytes);
    return null;
  }
  if ('chunk' in request) {
    const { chunk } = request;
    if (filled + chunk.length > bytes.length)
      throw new HeddleError('artifact-corrupt', 'The stored file is not what was uploaded.');
    bytes.set(chunk, filled);
    filled += chunk.length;
    return null;
  }
  if (!reader) {
    reader = readDataset([{ name: work.name, bytes: whole() }], work.format, work.options);
    for (let at = 0; at < work.from; at++) await reader.examples.next();
  }
  return nextOf(reader);
});

async function* whole(): AsyncGenerator<Buffer> {
  yield bytes.subarray(0, filled);
}

async function nextOf({ examples: source, report }: DatasetReader): Promise<ReadAnswer> {
  const examples: ReadAnswer['examples'] = [];
  let isLast = false;
  for (let chars = 0; examples.length < ANSWER.examples && chars < ANSWER.chars; ) {
    const { value, done } = await source.next();
    isLast = done === true;
    if (done) break;
    chars += JSON.stringify(value).length;
    examples.push(value);
  }
  const { problems, problemCount, isGivenUp, skipped } = report;
  return { examples, isLast, report: { problems, problemCount, isGivenUp, skipped } };
}
