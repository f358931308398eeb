import { join } from 'node:path';
import type { BatchCounts } from '@heddle/contracts';
import type { ClaimedBatch, LineError, Store } from '@heddle/store';
import { LineFile } from './line-file.js';
import { readLines } from './line-reader.js';
import { customIdOf } from './parse-line.js';
import { Turns } from './turns.js';

/** Jobs, and lines that cannot run, that are read at a time. */
const PAGE = 500;

type Status = 'succeeded' | 'failed' | 'canceled' | 'expired';

/** What has become of a line: where its output or its error lies in the spill, or an error that all lines of a job share. */
interface Outcome {
  status: Status;
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

/** The files of a batch that has run, and what they hold. */
export interface WrittenFiles {
  output: LineFile;
  errors: LineFile;
  counts: BatchCounts;
  tokens: number;
}

/**
 * Writes the output and the error file of a batch into `folder`: every line of its file is in one of them, in the file's
 * order. Results come from Postgres job by job and lie in a file until their line's turn comes, so that memory holds one
 * job's results and some numbers for each line. `openFile`: the batch's file
 * from its beginning. `check` throws when the work is to be given up.
 */
export async function writeFiles(
  store: Store,
  batch: ClaimedBatch,
  openFile: () => Promise<AsyncIterable<Buffer>>,
  folder: string,
  check: () => void,
): Promise<WrittenFiles> {
  const output = await LineFile.create(join(folder, 'output'));
  const errors = await LineFile.create(join(folder, 'errors'));
  const spill = await LineFile.create(join(folder, 'spill'));
  try {
    const outcomes = await spillResults(store, batch, spill, check);
    const counts: BatchCounts = { total: 0, succeeded: 0, failed: 0, canceled: 0, expired: 0 };
    let tokens = 0;
    const faults = new Faults(store, batch.id);
    const turns = new Turns();
    for await (const lines of readLines(await openFile())) {
      check();
      for (const line of lines) {
        const turn = turns.next();
        if (turn) await turn;
        const { number } = line;
        const outcome = outcomes.get(number) ?? (await faults.of(number)) ?? unrun(batch);
        const head = `{"custom_id":${JSON.stringify(customIdOf(line))},"line":${number},"status":"${outcome.status}"`;
        const body = outcome.error ?? (await spill.read(outcome.at, outcome.length));
        if (outcome.status === 'succeeded') {
          await output.add(`${head},"output":`, body, `,"usage":{"tokens":${outcome.tokens}}}\n`);
        } else await errors.add(`${head},"error":`, body, '}\n');
        counts.total++;
        counts[outcome.status]++;
        tokens += outcome.tokens;
      }
    }
    return { output, errors, counts, tokens };
  } catch (error) {
    await Promise.all([output.close(), errors.close()]);
    throw error;
  } finally {
    await spill.close();
  }
}

async function spillResults(
  store: Store,
  { id }: ClaimedBatch,
  spill: LineFile,
  check: () => void,
): Promise<Map<number, Outcome>> {
  const outcomes = new Map<number, Outcome>();
  for (let after: string | null = null; ; ) {
    const jobs = await store.batches.endedJobs(id, after, PAGE);
    for (const job of jobs) {
      check();
      if (!job.hasResults) {
        const outcome = withoutResults(job.state, job.error);
        for (const line of job.lines) outcomes.set(line, outcome);
        continue;
      }
      for (const [i, item] of (await store.batches.itemsOf(job.id)).entries()) {
        const bytes = Buffer.from(item.output ?? item.error ?? '');
        const status = item.output === null ? 'failed' : 'succeeded';
        outcomes.set(job.lines[i]!, { status, at: spill.bytes, length: bytes.length, tokens: item.tokens });
        await spill.add(bytes);
      }
    }
    if (jobs.length < PAGE) break;
    after = jobs.at(-1)!.id;
  }
  await spill.flush();
  return outcomes;
}

function withoutResults(state: Status, error: { code: string; message: string } | null): Outcome {
  if (state === 'canceled') return failure('canceled', CANCELED);
  if (state === 'expired') return failure('expired', EXPIRED);
  if (!error) throw new Error(`a job of a batch is ${state} with neither results nor an error`);
  return failure('failed', JSON.stringify({ code: error.code, message: error.message }));
}

/** A line that no job was made of. */
function unrun({ state }: ClaimedBatch): Outcome {
  return state === 'canceling' ? failure('canceled', CANCELED) : failure('expired', EXPIRED);
}

function failure(status: Status, error: string): Outcome {
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
