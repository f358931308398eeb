import { JobFailedError, WaitTimeoutError } from './errors.js';
import type { CreateOptions, RequestOptions } from './http/call.js';
import { type ClientOptions, Transport } from './http/transport.js';
import { isTerminal, type WaitOptions, within } from './http/until-ended.js';
import { Aliases } from './resources/aliases.js';
import { Audit } from './resources/audit.js';
import { Batches } from './resources/batches.js';
import { Deliveries } from './resources/deliveries.js';
import { Evaluations } from './resources/evaluations.js';
import { Files } from './resources/files.js';
import { Jobs } from './resources/jobs.js';
import { Keys } from './resources/keys.js';
import { Models } from './resources/models.js';
import { Pools } from './resources/pools.js';
import { Queues } from './resources/queues.js';
import { Tenants } from './resources/tenants.js';
import { Versions } from './resources/versions.js';
import { Webhooks } from './resources/webhooks.js';
import { Workers } from './resources/workers.js';
import type { InputOf, JobOf, Submission, SubmissionOf, Task } from './tasks.js';
import type { BodyOf, Job, Limits, Me, Stats, Tokenization } from './types.js';

/** How `run` waits, and how its submission is sent. */
export type RunOptions = WaitOptions & CreateOptions;

/** Longest wait that a server grants. */
const MAX_WAIT_S = 60;

/** Heddle's native API: `client.<resource>.<verb>()`. Fields are named as in the API; options of a call are the last argument. */
export class HeddleClient {
  readonly jobs: Jobs;
  readonly files: Files;
  readonly batches: Batches;
  readonly models: Models;
  readonly versions: Versions;
  readonly aliases: Aliases;
  readonly evaluations: Evaluations;
  readonly webhooks: Webhooks;
  readonly deliveries: Deliveries;
  readonly keys: Keys;
  readonly tenants: Tenants;
  readonly workers: Workers;
  readonly pools: Pools;
  readonly queues: Queues;
  readonly audit: Audit;
  private readonly transport: Transport;

  /** Throws TypeError for an address or a key that is none. */
  constructor(options: ClientOptions) {
    const transport = new Transport(options);
    this.transport = transport;
    this.jobs = new Jobs(transport);
    this.files = new Files(transport);
    this.batches = new Batches(transport);
    this.models = new Models(transport);
    this.versions = new Versions(transport);
    this.aliases = new Aliases(transport);
    this.evaluations = new Evaluations(transport);
    this.webhooks = new Webhooks(transport);
    this.deliveries = new Deliveries(transport);
    this.keys = new Keys(transport);
    this.tenants = new Tenants(transport);
    this.workers = new Workers(transport);
    this.pools = new Pools(transport);
    this.queues = new Queues(transport);
    this.audit = new Audit(transport);
  }

  /**
   * Submits a job and answers with it once it has succeeded: `results` has an output or an error for each input, in their
   * order. Throws JobFailedError where it ends otherwise, WaitTimeoutError where it goes on after `timeoutMs`; both have the job.
   */
  run<T extends Task>(
    model: string,
    inputs: InputOf<T>[],
    options: Omit<SubmissionOf<T>, 'model' | 'inputs' | 'task'> & { task: T } & RunOptions,
  ): Promise<JobOf<T>>;
  run(
    model: string,
    inputs: Submission['inputs'],
    options?: Omit<Submission, 'model' | 'inputs'> & { task?: undefined } & RunOptions,
  ): Promise<Job>;
  async run(model: string, inputs: unknown[], options: RunOptions = {}): Promise<Job> {
    const { signal, timeoutMs, maxRetries, headers, idempotencyKey, ...fields } = options;
    const sending = { signal, maxRetries, headers };
    const end = timeoutMs === undefined ? Number.POSITIVE_INFINITY : Date.now() + timeoutMs;
    const waitS = Math.min(
      MAX_WAIT_S,
      Math.max(1, Math.ceil((timeoutMs ?? Number.POSITIVE_INFINITY) / 1000)),
    );
    const submission = { model, inputs, ...fields } as Submission & { task?: undefined };
    const bounded = within(timeoutMs, signal);
    const creating = { ...sending, signal: bounded.signal, idempotencyKey, waitS };
    let job = await this.jobs.create(submission, creating);
    if (!isTerminal(job)) {
      const restMs = end - Date.now();
      if (restMs <= 0) throw new WaitTimeoutError(`${job.id} has not ended within ${timeoutMs} ms`, job);
      const rest = Number.isFinite(restMs) ? { timeoutMs: restMs } : {};
      job = await this.jobs.wait(job.id, { ...sending, ...rest });
    }
    if (job.status !== 'succeeded') throw new JobFailedError(job);
    return job;
  }

  /** Cuts texts into the tokens of a model. */
  tokenize(body: BodyOf<'tokenize'>, options: RequestOptions = {}): Promise<Tokenization> {
    return this.transport.json({ method: 'POST', path: '/v1/tokenize', body }, options);
  }

  /** Whom the key is of. */
  me(options: RequestOptions = {}): Promise<Me> {
    return this.transport.json({ method: 'GET', path: '/v1/me' }, options);
  }

  /** What the caller may ask for. */
  limits(options: RequestOptions = {}): Promise<Limits> {
    return this.transport.json({ method: 'GET', path: '/v1/limits' }, options);
  }

  /** What was done and what waited, from a quarter of an hour to a month; of all tenants for operators. */
  stats(
    query: { range?: Stats['range']; tenants?: Stats['tenants'] } = {},
    options: RequestOptions = {},
  ): Promise<Stats> {
    return this.transport.json({ method: 'GET', path: '/v1/stats', query }, options);
  }
}
