import { join } from 'node:path';
import { type BatchCounts, type BatchError, LIMITS, readLines } from '@heddle/contracts';
import { type ClaimedBatch, type EndedBatchJob, type LineError, ONES_FAULT, type Store } from '@heddle/store';
import { openaiOriginOf } from './dialect.js';
import {
  type EndedLine,
  type LineStatus,
  nativeAnswersOf,
  nativeLine,
  openaiAnswersOf,
  openaiLine,
} from './ended-line.js';
import { LineFile } from './line-file.js';
import { customIdOf } from './parse-line.js';
import { Turns } from './turns.js';

/** Jobs, and lines that cannot run, that are read at a time. */
const PAGE = 500;

/** What has become of a line: where its output or its error lies in the spill, or an error that all lines of a job share. */
interface Outcome {
  status: LineStatus;
  at: number;
  length: number;
  tokens: number;
  error?: string;
}

const CANCELED = JSON.stringify({ code: 'canceled', message: 'It was canceled before the line had run.' });
const EXPIRED = JSON.stringify({
  code: 'batch-expired',
  message: 'The window of the batch had passed before the line had run.',
});

const OVERFULL = JSON.stringify({
  code: 'output-too-large',
  message: 'The outputs of the batch were more than one may have before the line had run.',
});

/** The files of a batch that has run, and what they hold. */
export interface WrittenFiles {
  output: LineFile;
  errors: LineFile;
  counts: BatchCounts;
  tokens: number;
}

/** A file that has too many lines is not written about line by line. */
export class TooManyLines extends Error {
  /** What is wrong with the file. */
  readonly found: BatchError;

  constructor(line: number) {
    super(`A file has at most ${LIMITS.maxBatchLines} lines.`);
    this.name = 'TooManyLines';
    this.found = { line, code: 'too-many-lines', message: this.message, custom_id: null };
  }
}

/**
 * Writes the output and the error file of a batch into `folder`: every line of its file is in one of them, in the file's
 * order. Results come from Postgres job by job and lie in a file until their line's turn comes, so that memory holds one
 * job's results and some numbers for each line. `openFile`: the batch's file
 * from its beginning. `check` throws when the work is to be given up. Throws `TooManyLines` where the file has more than it
 * may have, which nobody has looked at before when the batch was canceled at once.
 */
export async function writeFiles(
  store: Store,
  batch: ClaimedBatch,
  openFile: () => Promise<AsyncIterable<Buffer>>,
  folder: string,
  check: () => void,
): Promise<WrittenFiles> {
  const files: LineFile[] = [];
  const create = async (name: string) => {
    const file = await LineFile.create(join(folder, name));
    files.push(file);
    return file;
  };
  try {
    const [output, errors, spill] = [await create('output'), await create('errors'), await create('spill')];
    const outcomes = await spillResults(store, batch, spill, check);
    const counts: BatchCounts = { total: 0, succeeded: 0, failed: 0, canceled: 0, expired: 0 };
    let tokens = 0;
    const origin = openaiOriginOf(batch);
    const { manifest } = batch;
    const written = origin ? (line: EndedLine) => openaiLine(line, { origin, manifest }) : nativeLine;
    const faults = new Faults(store, batch.id);
    const turns = new Turns();
    for await (const lines of readLines(await openFile())) {
      check();
      for (const line of lines) {
        const turn = turns.next();
        if (turn) await turn;
        const { number } = line;
        if (counts.total === LIMITS.maxBatchLines) throw new TooManyLines(number);
        const outcome = outcomes.get(number) ?? (await faults.of(number)) ?? unrun(batch);
        const json = outcome.error ?? (await spill.read(outcome.at, outcome.length));
        const { status, pieces } = written({ ...outcome, customId: customIdOf(line), number, json });
        await (status === 'succeeded' ? output : errors).add(...pieces);
        counts.total++;
        counts[status]++;
        tokens += outcome.tokens;
      }
    }
    await spill.close();
    return { output, errors, counts, tokens };
  } catch (error) {
    await Promise.all(files.map((file) => file.close()));
    throw error;
  }
}

async function spillResults(
  store: Store,
  batch: ClaimedBatch,
  spill: LineFile,
  check: () => void,
): Promise<Map<number, Outcome>> {
  const answersOf = openaiOriginOf(batch) ? openaiAnswersOf : nativeAnswersOf;
  const outcomes = new Map<number, Outcome>();
  for (let after: string | null = null; ; ) {
    const jobs = await store.batches.endedJobs(batch.id, after, PAGE);
    for (const job of jobs) {
      check();
      if (!job.hasResults) {
        const outcome = withoutResults(batch, job);
        for (const line of job.lines) outcomes.set(line, outcome);
        continue;
      }
      for (const { line, status, json, tokens } of answersOf(job, await store.batches.itemsOf(job.id))) {
        const bytes = Buffer.from(json);
        outcomes.set(line, { status, at: spill.bytes, length: bytes.length, tokens });
        await spill.add(bytes);
      }
    }
    if (jobs.length < PAGE) break;
    after = jobs.at(-1)!.id;
  }
  await spill.flush();
  return outcomes;
}

function withoutResults(batch: ClaimedBatch, { state, error, lines }: EndedBatchJob): Outcome {
  if (state === 'canceled') return failure('canceled', CANCELED);
  if (state === 'expired') return failure('expired', EXPIRED);
  if (!error) throw new Error(`a job of a batch is ${state} with neither results nor an error`);
  // One of the lines may be to blame: each would have run again, alone, had there been time.
  if (new Set(lines).size > 1 && ONES_FAULT.has(error.code)) return unrun(batch);
  return failure('failed', JSON.stringify({ code: error.code, message: error.message }));
}

/** A line that has not run. */
function unrun({ state, overfull }: ClaimedBatch): Outcome {
  if (state === 'canceling') return failure('canceled', CANCELED);
  return overfull ? failure('failed', OVERFULL) : failure('expired', EXPIRED);
}

function failure(status: LineStatus, error: string): Outcome {
  return { status, at: 0, length: 0, tokens: 0, error };
}

/** Lines that cannot run, asked for in the order of the file. */
class Faults {
  private page: LineError[] = [];
  private at = 0;
  private complete = false;

  constructor(
    private readonly store: Store,
    private readonly batchId: string,
  ) {}

  async of(line: number): Promise<Outcome | null> {
    for (;;) {
      while (this.at < this.page.length && this.page[this.at]!.line < line) this.at++;
      const fault = this.page[this.at];
      if (fault) {
        const { code, message } = fault;
        return fault.line === line ? failure('failed', JSON.stringify({ code, message })) : null;
      }
      if (this.complete) return null;
      this.page = await this.store.batches.lineErrors(this.batchId, this.page.at(-1)?.line ?? 0, PAGE);
      this.at = 0;
      this.complete = this.page.length < PAGE;
    }
  }
}
