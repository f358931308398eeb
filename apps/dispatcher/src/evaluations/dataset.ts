import { createHash, type Hash } from 'node:crypto';
import { HeddleError } from '@heddle/contracts';
import {
  DETECTION_BYTES,
  type Example,
  type Format,
  formatOfFile,
  isReadWhole,
  MAX_WHOLE_BYTES,
  readDataset,
  readOptions,
} from '@heddle/evaluation';
import type { ClaimedEvaluation } from '@heddle/store';
import type { Resources } from '../resources.js';
import { type ReadFindings, readInChild } from './child/read-in-child.js';
import type { Turn } from './turn.js';

/** A data set that is being read, from its beginning. */
export interface OpenDataset {
  format: Format;
  examples: AsyncGenerator<Example>;
  /** Complete once the examples have ended. */
  report: ReadFindings;
  /** What was read so far. */
  read: { hash: Hash; bytes: number };
}

/**
 * The examples from the one at `from` on. Formats that have lines are read here, as they come. A file that is in memory as a whole is read by a child process, one at a time
 * (`turn`): it takes several times its size there, and seconds in which nothing else could be done.
 * Errors: `validation` for a format that cannot be told, `empty-file`, `payload-too-large`; while it is read `Busy`, and the signal's reason.
 */
export async function openDataset(
  { artifacts }: Pick<Resources, 'artifacts'>,
  evaluation: ClaimedEvaluation,
  signal: AbortSignal,
  turn: Turn,
  from = 0,
): Promise<OpenDataset> {
  const { options, filename } = evaluation;
  const format = await formatOfFile(
    filename,
    { format: evaluation.format ?? options.format, mapping: options.mapping },
    () => firstBytes(artifacts, evaluation),
  );
  const read = { hash: createHash('sha256'), bytes: 0 };
  // Opened when it is read: not where it is another evaluation's turn.
  const bytes = noted(() => artifacts.read(evaluation.sha256), read);
  const reading = readOptions(evaluation);
  if (!isReadWhole(format)) {
    const { examples, report } = readDataset([{ name: filename, bytes }], format, { ...reading, signal });
    return { format, examples: behind(examples, from), report, read };
  }
  if (evaluation.bytes > MAX_WHOLE_BYTES)
    throw new HeddleError(
      'payload-too-large',
      `A file of this format is read as a whole and has at most ${MAX_WHOLE_BYTES} bytes; give it in parts.`,
    );
  const work = { name: filename, bytes: evaluation.bytes, format, options: reading, from };
  const { examples, report } = readInChild(bytes, work, signal);
  return { format, examples: inTurn(turn, evaluation.id, examples), report, read };
}

async function* behind<Each>(source: AsyncIterable<Each>, count: number): AsyncGenerator<Each> {
  let at = 0;
  for await (const one of source) if (at++ >= count) yield one;
}

async function* inTurn<Each>(turn: Turn, id: string, source: AsyncGenerator<Each>): AsyncGenerator<Each> {
  const giveBack = turn.take(id);
  try {
    yield* source;
  } finally {
    giveBack();
  }
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

async function* noted(
  open: () => Promise<AsyncIterable<Buffer>>,
  read: OpenDataset['read'],
): AsyncGenerator<Buffer> {
  for await (const chunk of await open()) {
    read.hash.update(chunk);
    read.bytes += chunk.length;
    yield chunk;
  }
}
