import type { JobSource, Task } from '@heddle/contracts';
import { type ClaimedJob, type FinishedJob, PRIORITY_OF_RANK, type ReturnReason } from '@heddle/store';
import { Counter, Histogram, type Registry, SECONDS_BUCKETS } from '@heddle/telemetry';

/** What an attempt ended in. `abandoned`: the job was canceled or expired, or its lease was lost. */
export type Outcome = 'finished' | 'stale' | 'abandoned' | ReturnReason;
type EndedJob = Pick<ClaimedJob, 'versionId'> & { task: Task; source: JobSource | 'shadow' };

const TOKEN_BUCKETS = [16, 32, 64, 128, 256, 512, 1_024, 2_048, 4_096, 8_192, 16_384];

/** What a worker counts. Labels are of models and codes, never of tenants, jobs or texts. */
export class WorkerMetrics {
  private readonly jobs;
  private readonly wait;
  private readonly duration;
  private readonly attempts;
  private readonly stale;
  private readonly tokens;
  private readonly itemErrors;
  private readonly items;
  private readonly passTokens;
  private readonly padding;
  private readonly inference;
  private readonly restarts;
  /** By version UUID. */
  private readonly names = new Map<string, { model: string; version: string }>();

  constructor(readonly registry: Registry) {
    const registers = [registry];
    const counter = <Label extends string>(name: string, help: string, labelNames: Label[] = []) =>
      new Counter({ name: `heddle_${name}`, help, labelNames, registers });
    const histogram = <Label extends string>(
      name: string,
      help: string,
      labelNames: Label[],
      buckets: number[],
    ) => new Histogram({ name: `heddle_${name}`, help, labelNames, buckets, registers });
    const labels = ['model', 'task', 'source', 'status'] as const;
    this.jobs = counter('jobs_total', 'Jobs that this process has ended.', [...labels]);
    this.attempts = counter('job_attempts_total', 'Attempts by what they ended in.', ['outcome']);
    this.stale = counter('stale_writes_total', 'Results that came too late and were dropped.');
    this.tokens = counter('tokens_total', 'Tokens of jobs that ended, without padding.', ['model']);
    this.itemErrors = counter('item_errors_total', 'Items that ended in an error.', ['code']);
    this.restarts = counter('worker_restarts_total', 'Inference processes that ended by themselves.', [
      'reason',
    ]);
    this.wait = histogram(
      'job_wait_seconds',
      'From acceptance to the first claim.',
      ['priority'],
      SECONDS_BUCKETS,
    );
    this.duration = histogram(
      'job_duration_seconds',
      'From acceptance to the end of jobs that were answered.',
      ['model', 'task'],
      SECONDS_BUCKETS,
    );
    this.inference = histogram(
      'inference_duration_seconds',
      'Of one forward pass.',
      ['model', 'version'],
      SECONDS_BUCKETS,
    );
    this.items = histogram(
      'batch_items',
      'Sequences of one forward pass.',
      [],
      [1, 2, 4, 8, 16, 32, 64, 128, 256],
    );
    this.passTokens = histogram(
      'batch_tokens',
      'Tokens of one forward pass, without padding.',
      [],
      TOKEN_BUCKETS,
    );
    this.padding = histogram(
      'batch_padding_ratio',
      'Part of the computed tokens of one forward pass that is padding.',
      [],
      [0, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75],
    );
  }

  /** What a version is called in labels. */
  name(version: string, model: string, number: number): void {
    this.names.set(version, { model, version: String(number) });
  }

  claimed(job: ClaimedJob): void {
    // Second runs of jobs are waited for by nobody.
    if (job.attempt !== 1 || job.source === 'shadow') return;
    this.wait.observe({ priority: PRIORITY_OF_RANK[job.priority]! }, job.queueMs / 1000);
  }

  /** A job whose result was stored, `heldMs` after it was claimed. */
  finished(job: ClaimedJob, { succeeded, usage }: FinishedJob, heldMs: number): void {
    const { model } = this.nameOf(job);
    this.ended(job, succeeded > 0 ? 'succeeded' : 'failed');
    this.attempts.inc({ outcome: 'finished' });
    this.tokens.inc({ model }, usage.tokens);
    if (job.source === 'shadow') return;
    this.duration.observe({ model, task: job.task }, (job.queueMs + heldMs) / 1000);
  }

  /** An attempt that ended without a result; `failed`: the job with it. */
  unfinished(job: ClaimedJob, outcome: Exclude<Outcome, 'finished'>, failed = false): void {
    this.attempts.inc({ outcome });
    if (outcome === 'stale') this.stale.inc();
    if (failed) this.ended(job, 'failed');
  }

  itemFailed(code: string): void {
    this.itemErrors.inc({ code });
  }

  forwardPass(version: string, pass: { items: number; tokens: number; computed: number; ms: number }): void {
    this.items.observe(pass.items);
    this.passTokens.observe(pass.tokens);
    this.padding.observe(1 - pass.tokens / pass.computed);
    this.inference.observe(this.nameOf({ versionId: version }), pass.ms / 1000);
  }

  childEnded(reason: string): void {
    this.restarts.inc({ reason });
  }

  private ended(job: EndedJob, status: 'succeeded' | 'failed'): void {
    this.jobs.inc({ model: this.nameOf(job).model, task: job.task, source: job.source, status });
  }

  private nameOf({ versionId }: Pick<ClaimedJob, 'versionId'>): { model: string; version: string } {
    return this.names.get(versionId) ?? { model: '', version: '' };
  }
}
