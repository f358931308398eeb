import type { HeddleClient, Job, Submission } from '@heddle/client';
import { LIMITS, shownJson } from '@heddle/contracts';
import { CliError, EXIT } from './errors.js';
import { describeResult, type OutputFormat } from './output.js';
import { linesOfStdin } from './stdin.js';

/** Items of one job; the server's limit. */
const ITEMS_PER_JOB = LIMITS.maxInputsPerJob;
/** Bytes of the texts of one job as JSON: no more code points than that, and room for the rest in a request. */
const BYTES_PER_JOB = LIMITS.maxJobChars;
/** Jobs that run at the same time, so that the server can fill its forward passes. */
const JOBS_AT_ONCE = 4;
/** Tries after the first: a server that is asked for much is busy now and then. */
const MAX_RETRIES = 4;

export interface RunOptions {
  model: string;
  /** Texts of the command line; none or "-" reads standard input, one a line. */
  texts: string[];
  task?: string;
  parameters: Record<string, unknown>;
  format: OutputFormat;
  cancelOnInterrupt: boolean;
}

/** Submits texts as jobs, waits, and prints an answer for each, in order. Returns the exit status. */
export async function run(client: HeddleClient, options: RunOptions): Promise<number> {
  const texts = options.texts.length === 0 || options.texts[0] === '-' ? await linesOfStdin() : options.texts;
  if (texts.length === 0)
    throw new CliError('nothing to run: give texts, or lines on standard input', EXIT.usage);
  const chunks = chunksOf(texts);
  const open = new Set<string>();
  const interrupt = new AbortController();
  const onInterrupt = () => interrupt.abort();
  process.once('SIGINT', onInterrupt);
  const progress = startProgress(texts.length);
  const jobs: Job[] = new Array(chunks.length);
  let next = 0;
  const lane = async () => {
    while (next < chunks.length && !interrupt.signal.aborted) {
      const index = next++;
      jobs[index] = await runJob(client, options, chunks[index]!, open, interrupt.signal);
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
  return jobs.every((job) => job.status === 'succeeded' && job.counts.failed === 0)
    ? EXIT.ok
    : EXIT.jobFailed;
}

async function runJob(
  client: HeddleClient,
  { model, task, parameters }: RunOptions,
  inputs: string[],
  open: Set<string>,
  signal: AbortSignal,
): Promise<Job> {
  // The task decides what the parameters mean: that is the server's to say.
  const submission = { model, inputs, parameters, ...(task === undefined ? {} : { task }) } as Submission;
  const { id } = await client.jobs.create(submission as never, { signal, maxRetries: MAX_RETRIES });
  open.add(id);
  const job = await client.jobs.wait(id, { signal });
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
function chunksOf(texts: string[]): string[][] {
  const chunks: string[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const text of texts) {
    const more = Buffer.byteLength(JSON.stringify(text)) + 1;
    if (bytes + more > BYTES_PER_JOB || chunks.at(-1)!.length === ITEMS_PER_JOB) {
      chunks.push([]);
      bytes = 0;
    }
    chunks.at(-1)!.push(text);
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
