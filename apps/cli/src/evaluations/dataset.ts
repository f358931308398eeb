import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { createGunzip } from 'node:zlib';
import { HeddleError } from '@heddle/contracts';
import {
  DETECTION_BYTES,
  type Example,
  type Format,
  formatOfFile,
  type Measured,
  type ReadingOptions,
  type ReadReport,
  readDataset,
  readOptions,
} from '@heddle/evaluation';

/** A file, perhaps compressed with gzip. */
export interface DatasetOptions extends ReadingOptions {
  path: string;
  format?: string | undefined;
  /** Of the first examples that fit; all when absent. */
  limit?: number | undefined;
}

export const nameOf = (path: string): string => basename(path);

/** Examples, and what was wrong with others. Errors: `validation` for a file of no known format, or without any; the signal's reason. */
export async function readExamples(
  dataset: DatasetOptions,
  measured: Measured,
  signal: AbortSignal,
): Promise<{ examples: Example[]; report: ReadReport }> {
  const { limit = Number.POSITIVE_INFINITY } = dataset;
  const reader = readDataset([fileOf(dataset)], await formatOf(dataset), {
    ...readOptions(measured),
    signal,
  });
  const examples: Example[] = [];
  if (limit > 0) {
    for await (const example of reader.examples) {
      examples.push(example);
      if (examples.length >= limit) break;
    }
  }
  if (examples.length > 0) return { examples, report: reader.report };
  throw nothingIn(dataset, `no example of ${measured.task}`, reader.report);
}

export function nothingIn({ path }: DatasetOptions, what: string, report?: ReadReport): HeddleError {
  const why = report && problemText(report);
  return new HeddleError('validation', `${nameOf(path)} has ${what}${why ? `: ${why}` : '.'}`);
}

/** `line 3: …`, of the first problem; null without one. */
export function problemText({ problems: [problem] }: ReadReport): string | null {
  if (!problem) return null;
  return `${problem.line === null ? '' : `line ${problem.line}: `}${problem.message}`;
}

export function formatOf(dataset: DatasetOptions): Promise<Exclude<Format, 'beir'>> {
  return formatOfFile(plainName(dataset.path), dataset, () => firstBytes(dataset.path));
}

/** `isWhole`: the name has the folders of the path as well. */
export function fileOf(
  { path }: Pick<DatasetOptions, 'path'>,
  { isWhole = false } = {},
): { name: string; bytes: AsyncIterable<Buffer> } {
  return { name: isWhole ? unpacked(path) : plainName(path), bytes: bytesOf(path) };
}

const unpacked = (path: string): string => path.replace(/\.gz$/, '');
const plainName = (path: string): string => unpacked(nameOf(path));

export async function firstBytes(path: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of bytesOf(path)) {
    chunks.push(chunk);
    size += chunk.length;
    if (size >= DETECTION_BYTES) break;
  }
  return Buffer.concat(chunks).subarray(0, DETECTION_BYTES);
}

/** Errors: `validation` for what is no gzip although its name says so. */
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
  } catch (error) {
    if (!(error as NodeJS.ErrnoException).code?.startsWith('Z_')) throw error;
    throw new HeddleError('validation', `${nameOf(path)} is not gzip, or damaged.`, { cause: error });
  } finally {
    file.destroy();
  }
}
