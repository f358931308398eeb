import { createHash, type Hash } from 'node:crypto';
import { HeddleError } from '@heddle/contracts';
import {
  DETECTION_BYTES,
  type Example,
  type Format,
  formatOfFile,
  type ReadReport,
  readDataset,
  readOptions,
} from '@heddle/evaluation';
import type { ClaimedEvaluation } from '@heddle/store';
import type { Resources } from '../resources.js';

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
  const { options, filename } = evaluation;
  const format = await formatOfFile(
    filename,
    { format: evaluation.format ?? options.format, mapping: options.mapping },
    () => firstBytes(artifacts, evaluation),
  );
  const read = { hash: createHash('sha256'), bytes: 0 };
  const bytes = noted(await artifacts.read(evaluation.sha256), read);
  const { examples, report } = readDataset([{ name: filename, bytes }], format, {
    ...readOptions(evaluation),
    signal,
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
