import { createHash, type Hash } from 'node:crypto';
import { HeddleError } from '@heddle/contracts';
import {
  DETECTION_BYTES,
  detectFormat,
  type Example,
  type Format,
  formatNamed,
  parseMapping,
  type ReadReport,
  readDataset,
} from '@heddle/evaluation';
import type { ClaimedEvaluation } from '@heddle/store';
import type { Resources } from '../resources.js';
import { labelNames, problemOf } from './measuring.js';

/** A data set that is being read, from its beginning. */
export interface OpenDataset {
  format: Format;
  examples: AsyncGenerator<Example>;
  /** Complete once the examples have ended. */
  report: ReadReport;
  /** What was read so far. */
  read: { hash: Hash; bytes: number };
}

/** Errors: `validation` for a format that cannot be told, `empty-file`; the signal's reason while it is read. */
export async function openDataset(
  { artifacts }: Pick<Resources, 'artifacts'>,
  evaluation: ClaimedEvaluation,
  signal: AbortSignal,
): Promise<OpenDataset> {
  const { options, filename, task } = evaluation;
  const { mapping, csv, conll } = options;
  const named = evaluation.format ?? options.format;
  const format = named ? formatNamed(named) : detectFormat(await firstBytes(artifacts, evaluation), filename);
  if (format === 'beir')
    throw new HeddleError('validation', 'The files of a BEIR data set are converted to one of JSONL first.');
  const read = { hash: createHash('sha256'), bytes: 0 };
  const bytes = noted(await artifacts.read(evaluation.sha256), read);
  const { examples, report } = readDataset([{ name: filename, bytes }], format, {
    task,
    problemType: problemOf(evaluation),
    signal,
    labels: { ...labelNames(evaluation), ...(options.labels && { mapping: options.labels }) },
    ...(mapping && { mapping: parseMapping(mapping) }),
    ...(csv && { csv: withoutAbsent(csv) }),
    ...(conll && {
      conll: withoutAbsent({ tokenColumn: conll.token_column, tagColumn: conll.tag_column }),
    }),
  });
  return { format, examples, report, read };
}

async function firstBytes(
  artifacts: Resources['artifacts'],
  { sha256, bytes }: ClaimedEvaluation,
): Promise<Buffer> {
  if (bytes === 0) throw new HeddleError('empty-file', 'The data set has no examples.');
  const chunks: Buffer[] = [];
  const end = Math.min(bytes, DETECTION_BYTES) - 1;
  for await (const chunk of await artifacts.read(sha256, { start: 0, end })) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

async function* noted(chunks: AsyncIterable<Buffer>, read: OpenDataset['read']): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    read.hash.update(chunk);
    read.bytes += chunk.length;
    yield chunk;
  }
}

type Present<T> = { [Key in keyof T]?: Exclude<T[Key], undefined> };

function withoutAbsent<T extends object>(options: T): Present<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Present<T>;
}
