import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { HeddleError, type Task } from '@heddle/contracts';
import {
  DETECTION_BYTES,
  detectFormat,
  type Example,
  type Format,
  formatNamed,
  type LabelNames,
  parseMapping,
  type ReadReport,
  readDataset,
} from '@heddle/evaluation';

export interface DatasetOptions {
  /** Path of a file, perhaps compressed with gzip. */
  path: string;
  format?: string | undefined;
  mapping?: Record<string, unknown> | undefined;
  labels: LabelNames;
  /** Of the first examples that fit; all when absent. */
  limit?: number | undefined;
}

export interface PlainText {
  text: string;
  pair?: string;
}

export const nameOf = (path: string): string => basename(path);

/** Examples of a task, and what was wrong with others. Errors: `validation` for a file of no known format, or without any. */
export async function readExamples(
  { path, format, mapping, labels, limit = Number.POSITIVE_INFINITY }: DatasetOptions,
  task: Task,
): Promise<{ examples: Example[]; report: ReadReport }> {
  const reader = readDataset(
    [{ name: plainName(path), bytes: bytesOf(path) }],
    await formatOf(path, format, mapping),
    {
      task,
      labels,
      ...(mapping && { mapping: parseMapping(mapping) }),
    },
  );
  const examples: Example[] = [];
  if (limit > 0) {
    for await (const example of reader.examples) {
      examples.push(example);
      if (examples.length >= limit) break;
    }
  }
  if (examples.length > 0) return { examples, report: reader.report };
  throw nothingIn(path, `no example of ${task}`, reader.report);
}

/**
 * Texts alone: of JSONL lines that are texts or have a `text` (and `text_pair`), whatever else they have, and of the
 * examples of any format. Errors: `validation` for a file without any.
 */
export async function readTexts(options: DatasetOptions): Promise<PlainText[]> {
  const { path, format, mapping, labels, limit = Number.POSITIVE_INFINITY } = options;
  const isPlain = !format && !mapping && (await hasPlainTexts(path));
  const reader = isPlain
    ? null
    : readDataset([{ name: plainName(path), bytes: bytesOf(path) }], await formatOf(path, format, mapping), {
        labels,
        ...(mapping && { mapping: parseMapping(mapping) }),
      });
  const texts: PlainText[] = [];
  for await (const text of reader ? textsOf(reader.examples) : plainTexts(path)) {
    if (texts.length >= limit) break;
    texts.push(text);
  }
  if (texts.length === 0) throw nothingIn(path, 'no text', reader?.report);
  return texts;
}

function nothingIn(path: string, what: string, report?: ReadReport): HeddleError {
  const [problem] = report?.problems ?? [];
  const why = problem ? `: line ${problem.line ?? '-'}: ${problem.message}` : '';
  return new HeddleError('validation', `${nameOf(path)} has ${what}${why || '.'}`);
}

/** Whether the first line is a text, or an object with one that is no example. */
export async function hasPlainTexts(path: string): Promise<boolean> {
  for await (const line of linesOf(path)) {
    if (line.trim() === '') continue;
    return plainText(line) !== null;
  }
  return false;
}

async function* plainTexts(path: string): AsyncGenerator<PlainText> {
  let number = 0;
  for await (const line of linesOf(path)) {
    number++;
    if (line.trim() === '') continue;
    const text = plainText(line);
    if (!text) {
      throw new HeddleError('validation', `Line ${number} of ${nameOf(path)} is no text and has no "text".`);
    }
    yield text;
  }
}

function plainText(line: string): PlainText | null {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return null;
  }
  if (typeof value === 'string') return value.trim() === '' ? null : { text: value };
  if (typeof value !== 'object' || value === null || 'input' in value) return null;
  const { text, text_pair: pair } = value as { text?: unknown; text_pair?: unknown };
  if (typeof text !== 'string' || text.trim() === '') return null;
  return typeof pair === 'string' ? { text, pair } : { text };
}

async function* textsOf(examples: AsyncIterable<Example>): AsyncGenerator<PlainText> {
  for await (const { input } of examples) {
    if (typeof input === 'string') {
      yield { text: input };
      continue;
    }
    const { text, text_pair, question, context, prompt, response, choices, query, documents } =
      input as Record<string, unknown>;
    const first = [text, question, prompt, query].find(isText);
    const second = [text_pair, context, response, at(choices), at(documents)].find(isText);
    if (first !== undefined) yield { text: first, ...(second !== undefined && { pair: second }) };
  }
}

const isText = (value: unknown): value is string => typeof value === 'string';
const at = (list: unknown): unknown => (Array.isArray(list) ? list[0] : undefined);

/** JSONL where a mapping says what its lines are, else what the file looks like. */
async function formatOf(
  path: string,
  format: string | undefined,
  mapping: Record<string, unknown> | undefined,
): Promise<Format> {
  if (format !== undefined) return formatNamed(format);
  const name = plainName(path);
  if (mapping && /\.jsonl?$/.test(name)) return 'jsonl';
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of bytesOf(path)) {
    chunks.push(chunk);
    size += chunk.length;
    if (size >= DETECTION_BYTES) break;
  }
  return detectFormat(Buffer.concat(chunks).subarray(0, DETECTION_BYTES), name);
}

const plainName = (path: string): string => nameOf(path).replace(/\.gz$/, '');

async function* bytesOf(path: string): AsyncGenerator<Buffer> {
  const file = createReadStream(path);
  if (!path.endsWith('.gz')) {
    yield* file as AsyncIterable<Buffer>;
    return;
  }
  const plain = createGunzip();
  file.on('error', (error) => plain.destroy(error));
  try {
    yield* file.pipe(plain) as AsyncIterable<Buffer>;
  } finally {
    file.destroy();
  }
}

async function* linesOf(path: string): AsyncGenerator<string> {
  const input = Readable.from(bytesOf(path));
  yield* createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
}
