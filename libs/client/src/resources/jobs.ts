import type { CreateOptions, RequestOptions } from '../http/call.js';
import { segment } from '../http/call.js';
import { type StreamOptions, streamEvents } from '../http/event-stream.js';
import { Pages } from '../http/pages.js';
import type { Transport } from '../http/transport.js';
import { isTerminal, untilEnded, type WaitOptions } from '../http/until-ended.js';
import type { JobOf, Submission, SubmissionOf, Task } from '../tasks.js';
import type { FilterOf, Job, JobEvent } from '../types.js';

export interface SubmitOptions extends CreateOptions {
  /** Seconds, 1 to 60, that the answer is held for the job to end. */
  waitS?: number | undefined;
}

export interface GetJobOptions extends RequestOptions {
  /** `input`, `output`, both with a comma (default), or `none`; besides them, or alone, `stream_token`. */
  include?: string | undefined;
  /** Seconds, 1 to 60, that the answer is held for the job to end. */
  waitS?: number | undefined;
}

export interface WaitForJobOptions extends WaitOptions {
  include?: string | undefined;
}

export interface JobStreamOptions extends StreamOptions {
  /** Whether `result` events are wanted. */
  results?: boolean | undefined;
}

export class Jobs {
  constructor(private readonly transport: Transport) {}

  /** Submits a job. Accepted means committed: however often the request was tried, there is one. */
  create(submission: Submission & { task?: undefined }, options?: SubmitOptions): Promise<Job>;
  create<T extends Task>(submission: SubmissionOf<T>, options?: SubmitOptions): Promise<JobOf<T>>;
  create(body: object, { waitS, ...options }: SubmitOptions = {}): Promise<Job> {
    return this.transport.json({ method: 'POST', path: '/v1/jobs', body, waitS, creates: true }, options);
  }

  get(id: string, { include, waitS, ...options }: GetJobOptions = {}): Promise<Job> {
    return this.transport.json({ method: 'GET', path: pathOf(id), query: { include }, waitS }, options);
  }

  /** Newest first; without `include`, jobs have neither inputs nor results. */
  list(filter: FilterOf<'listJobs'> = {}, options: RequestOptions = {}): Pages<Job> {
    return new Pages(this.transport, '/v1/jobs', filter, options);
  }

  /** The job once it has ended, however it did. Throws WaitTimeoutError. */
  wait(id: string, { include, ...options }: WaitForJobOptions = {}): Promise<Job> {
    return untilEnded((waitS, rest) => this.get(id, { include, waitS, ...rest }), isTerminal, options);
  }

  /** Its events from the beginning, or from after `lastEventId`, to `done`; over as many connections as it takes. */
  stream(
    id: string,
    { results, ...options }: JobStreamOptions = {},
  ): AsyncGenerator<JobEvent, void, undefined> {
    const query = { results };
    return streamEvents(this.transport, { path: `${pathOf(id)}/events`, query }, options) as AsyncGenerator<
      JobEvent,
      void,
      undefined
    >;
  }

  /** The job as it is now: one that has ended stays as it is. */
  cancel(id: string, options: RequestOptions = {}): Promise<Job> {
    return this.transport.json({ method: 'POST', path: `${pathOf(id)}/cancel`, body: {} }, options);
  }

  /** Erases inputs and results of a job that has ended. */
  purge(id: string, options: RequestOptions = {}): Promise<Job> {
    return this.transport.json({ method: 'POST', path: `${pathOf(id)}/purge`, body: {} }, options);
  }
}

function pathOf(id: string): string {
  return `/v1/jobs/${segment(id)}`;
}
