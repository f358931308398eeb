import type { HeddleClient, Job, JobEvent } from '@heddle/client';
import { isTerminal, oneLine, shownJson } from '@heddle/contracts';
import { COMMAND } from '../command-name.js';
import { CliError, EXIT } from './errors.js';
import { describeResult, type OutputFormat } from './output.js';
import { counting, type Durable } from './until-ended.js';

/** Longest time of a timer, far beyond the longest deadline. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** A job as work that is waited for. */
export function durableJob(client: HeddleClient, id: string): Durable<Job> {
  return {
    look: (options) => client.jobs.get(id, { include: 'none', ...options }),
    display: counting('items', ({ status, counts: { total, succeeded, failed } }) => ({
      status,
      total,
      done: succeeded + failed,
      failed,
    })),
    isTerminal: ({ status }) => isTerminal(status),
    goesOn: goesOn(id, 'wait'),
  };
}

/** Prints the events of a job as they come, to the last. Returns the job as it has ended. Throws CliError. */
export async function watchJob(
  client: HeddleClient,
  id: string,
  { format, timeoutS, signal }: { format: OutputFormat; timeoutS: number; signal: AbortSignal },
): Promise<Job> {
  const late = AbortSignal.timeout(Math.min(MAX_TIMER_MS, timeoutS * 1000));
  try {
    for await (const event of client.jobs.stream(id, {
      results: true,
      signal: AbortSignal.any([signal, late]),
    })) {
      process.stdout.write(`${lineOf(event, format)}\n`);
      if (event.event === 'done') return event.data;
    }
    return await client.jobs.get(id, { signal });
  } catch (error) {
    if (signal.aborted) throw new CliError(`interrupted; ${goesOn(id, 'watch')}`, EXIT.interrupted);
    if (late.aborted) throw new CliError(`not ended in time; ${goesOn(id, 'watch')}`, EXIT.waitTimeout);
    throw error;
  }
}

/** A job that has ended as an exit status: 0 only when each of its items has an output. */
export function exitStatusOf({ status, counts }: Job): number {
  return status === 'succeeded' && counts.failed === 0 ? EXIT.ok : EXIT.jobFailed;
}

function goesOn(id: string, verb: string): string {
  return `the job goes on; ${COMMAND} jobs ${verb} ${id} shows it`;
}

function lineOf(event: JobEvent, format: OutputFormat): string {
  if (format !== 'table') return shownJson(event, format === 'json' ? 2 : undefined);
  return [event.event.padEnd(8), ...wordsOf(event)].join('  ');
}

function wordsOf(event: JobEvent): string[] {
  switch (event.event) {
    case 'status': {
      const { status, attempts = 1 } = event.data;
      return attempts > 1 ? [status, `attempt ${attempts}`] : [status];
    }
    case 'progress':
      return [`${event.data.done} of ${event.data.total}`];
    case 'result':
      return [String(event.data.index), describeResult(event.data)];
    case 'done': {
      const { status, error } = event.data;
      return error ? [status, `${error.code}: ${oneLine(error.message)}`] : [status];
    }
  }
}
