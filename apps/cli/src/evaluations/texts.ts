import { HeddleError, jsonOfLine, LIMITS, readLines } from '@heddle/contracts';
import { columnOptions, type Example, readDataset } from '@heddle/evaluation';
import { type DatasetOptions, fileOf, formatOf, nameOf, nothingIn } from './dataset.js';

export interface PlainText {
  text: string;
  pair?: string;
}

/** Bytes of a line, as of a data set's. */
const LINE = { maxBytes: LIMITS.maxBodyBytes };

/**
 * Texts alone: of JSONL lines that are texts or have a `text` (and `text_pair`), whatever else they have, and of the
 * examples of any format. Errors: `validation` for a file without any.
 */
export async function readTexts(dataset: DatasetOptions): Promise<PlainText[]> {
  const { labels, limit = Number.POSITIVE_INFINITY } = dataset;
  const reader = (await hasPlainTexts(dataset))
    ? null
    : readDataset([fileOf(dataset)], await formatOf(dataset), {
        ...columnOptions(dataset),
        ...(labels && { labels: { mapping: labels } }),
      });
  const texts: PlainText[] = [];
  for await (const text of reader ? textsOf(reader.examples) : plainTexts(dataset)) {
    if (texts.length >= limit) break;
    texts.push(text);
  }
  if (texts.length === 0) throw nothingIn(dataset, 'no text', reader?.report);
  return texts;
}

/** Whether the first line is a text, or an object with one that is no example; no format or mapping says otherwise. */
export async function hasPlainTexts(dataset: DatasetOptions): Promise<boolean> {
  if (dataset.format !== undefined || dataset.mapping !== undefined) return false;
  for await (const [first] of readLines(fileOf(dataset).bytes, LINE))
    return plainText(first?.bytes ?? null) !== null;
  return false;
}

async function* plainTexts(dataset: DatasetOptions): AsyncGenerator<PlainText> {
  for await (const lines of readLines(fileOf(dataset).bytes, LINE)) {
    for (const { number, bytes } of lines) {
      const text = plainText(bytes);
      if (text) yield text;
      else {
        const why = bytes ? 'is no text and has no "text"' : `has more than ${LINE.maxBytes} bytes`;
        throw new HeddleError('validation', `Line ${number} of ${nameOf(dataset.path)} ${why}.`);
      }
    }
  }
}

function plainText(bytes: Buffer | null): PlainText | null {
  const value = bytes && jsonOf(bytes);
  if (typeof value === 'string') return value.trim() === '' ? null : { text: value };
  if (typeof value !== 'object' || value === null || 'input' in value) return null;
  const { text, text_pair: pair } = value as { text?: unknown; text_pair?: unknown };
  if (typeof text !== 'string' || text.trim() === '') return null;
  return typeof pair === 'string' ? { text, pair } : { text };
}

/** Null for what is no JSON. */
function jsonOf(line: Buffer): unknown {
  try {
    return jsonOfLine(line);
  } catch (error) {
    if (!(error instanceof HeddleError)) throw error;
    return null;
  }
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
