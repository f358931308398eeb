import { type HeddleClient, type Job, type Submission, WaitTimeoutError } from '@heddle/client';
import { LIMITS, shownJson } from '@heddle/contracts';
import { COMMAND } from '../command-name.js';
import { CliError, EXIT } from './errors.js';
import { exitStatusOf } from './job-run.js';
import { describeResult, type OutputFormat } from './output.js';

type Inputs = Submission['inputs'];

/** Items of one job; the server's limit. */
const ITEMS_PER_JOB = LIMITS.maxInputsPerJob;
/** Bytes of the items of one job as JSON: no more code points than that, and room for the rest in a request. */
const BYTES_PER_JOB = LIMITS.maxJobChars;
/** Jobs that run at the same time, so that the server can fill its forward passes. */
const JOBS_AT_ONCE = 4;
/** Tries after the first: a server that is asked for much is busy now and then. */
const MAX_RETRIES = 4;

export interface RunOptions {
  /** Of each submission, besides its inputs. */
  fields: Omit<Submission, 'inputs'>;
  inputs: Inputs;
  format: OutputFormat;
  /** Longest wait for all of it; without it, as long as it takes. */
  timeoutS?: number | undefined;
  cancelOnInterrupt: boolean;
}

/** Submits items as jobs, waits, and prints an answer for each, in order. Returns the exit status. */
export async function run(client: HeddleClient, options: RunOptions): Promise<number> {
  const { inputs, timeoutS = Number.POSITIVE_INFINITY } = options;
  const deadline = performance.now() + timeoutS * 1000;
  const chunks = chunksOf(inputs);
  const open = new Set<string>();
  const interrupt = new AbortController();
  const onInterrupt = () => interrupt.abort();
  process.once('SIGINT', onInterrupt);
  const progress = startProgress(inputs.length);
  const jobs: Job[] = new Array(chunks.length);
  let next = 0;
  const lane = async () => {
    while (next < chunks.length && !interrupt.signal.aborted) {
      const index = next++;
      const submission = { ...options.fields, inputs: chunks[index]! };
      jobs[index] = await runJob(client, submission, open, { deadline, signal: interrupt.signal });
      progress.add(chunks[index]!.length);
    }
  };
  const lanes = Array.from({ length: Math.min(JOBS_AT_ONCE, chunks.length) }, lane);
  try {
    await Promise.all(lanes);
    if (interrupt.signal.aborted) throw new CliError('interrupted', EXIT.interrupted);
  } catch (error) {
    if (interrupt.signal.aborted && options.cancelOnInterrupt) {
      // Each lane may be about to learn the id of what it has submitted.
      await Promise.allSettled(lanes);
      await Promise.all([...open].map((id) => client.jobs.cancel(id)));
    }
    throw error;
  } finally {
    progress.end();
    process.off('SIGINT', onInterrupt);
  }
  for (const job of jobs) printAnswers(job, options.format);
  return jobs.every((job) => exitStatusOf(job) === EXIT.ok) ? EXIT.ok : EXIT.jobFailed;
}

async function runJob(
  client: HeddleClient,
  submission: Submission,
  open: Set<string>,
  { deadline, signal }: { deadline: number; signal: AbortSignal },
): Promise<Job> {
  const { id } = await client.jobs.create(submission as never, { signal, maxRetries: MAX_RETRIES });
  open.add(id);
  const restMs = Math.max(1, deadline - performance.now());
  const wait = Number.isFinite(restMs) ? { signal, timeoutMs: restMs } : { signal };
  const job = await client.jobs.wait(id, wait).catch((error: unknown) => {
    if (!(error instanceof WaitTimeoutError)) throw error;
    const goesOn = `${COMMAND} jobs wait ${id} shows it`;
    throw new CliError(`not ended in time; the job goes on; ${goesOn}`, EXIT.waitTimeout);
  });
  open.delete(id);
  return job;
}

function printAnswers(job: Job, format: OutputFormat): void {
  if (format === 'json') {
    process.stdout.write(`${shownJson(job, 2)}\n`);
    return;
  }
  if (!job.results) {
    process.stderr.write(
      `${job.id} ${job.status}: ${job.error ? `${job.error.code}: ${job.error.message}` : ''}\n`,
    );
    return;
  }
  for (const result of job.results) {
    process.stdout.write(`${format === 'jsonl' ? shownJson(result) : describeResult(result)}\n`);
  }
}

/** In the order given, as many as a job and a request may hold. */
function chunksOf(inputs: Inputs): Inputs[] {
  const chunks: Inputs[] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const item of inputs) {
    const more = Buffer.byteLength(JSON.stringify(item)) + 1;
    if (bytes + more > BYTES_PER_JOB || chunks.at(-1)!.length === ITEMS_PER_JOB) {
      chunks.push([]);
      bytes = 0;
    }
    chunks.at(-1)!.push(item);
    bytes += more;
  }
  return chunks;
}

/** A counter on a terminal's standard error, when there is something to wait for; nothing anywhere else. */
function startProgress(total: number): { add: (count: number) => void; end: () => void } {
  if (!process.stderr.isTTY || total <= ITEMS_PER_JOB) return { add: () => undefined, end: () => undefined };
  let done = 0;
  const startedAt = performance.now();
  return {
    add: (count) => {
      done += count;
      const rate = done / ((performance.now() - startedAt) / 1000);
      process.stderr.write(`\r${done} of ${total} texts, ${Math.round(rate)} a second `);
    },
    end: () => void process.stderr.write('\n'),
  };
}
