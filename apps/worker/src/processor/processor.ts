import { type ErrorCode, HeddleError, type JobError, toPublicId } from '@heddle/contracts';
import type { QueueEntry } from '@heddle/queue';
import { type ClaimedJob, Coalescer, type FinishedJob } from '@heddle/store';
import { Inject, Injectable } from '@nestjs/common';
import { engineCode, isAbort } from '../batcher/errors.js';
import type { Outcome } from '../metrics.js';
import { RESOURCES, type Resources } from '../resources.js';
import { AnswerRoom, type JobRoom } from './answer-room.js';
import { Engine } from './engine.js';
import { DRAINED, type HeldJob, HeldJobs } from './held-jobs.js';
import { runItems, type Tally } from './items.js';
import { JobTrace } from './job-trace.js';

/** Entries of one claim, and jobs of one finish: a few milliseconds of work for Postgres. */
const CLAIM_LIMIT = 256;
const FINISH_LIMIT = 256;
/** Claims at once, and finishes: with one, whoever comes during a full one waits for all of it. */
const CALLS = 2;
/** Characters of the results of one finish, which is one statement of a few seconds at most, and of those that leave with small ones only. */
const FINISH_CHARS = 8 * 1024 * 1024;
const SMALL_CHARS = 64 * 1024;
/** Pause before results are offered to an absent database again. */
const FINISH_RETRY_MS = 500;

/** How the error of an item says that the outputs of a job have no room for its own. */
const NO_ROOM = `"code":"${'output-too-large' satisfies ErrorCode}"`;

/** One queue entry from claim to finish. Decides nothing about retries: rows do. */
@Injectable()
export class Processor {
  private readonly claims: Coalescer<{ id: string; epoch: number }, ClaimedJob | null>;
  private readonly finishes: Coalescer<FinishedJob, boolean>;
  /** Apart from the others, which are not to wait for them. */
  private readonly largeFinishes: Coalescer<FinishedJob, boolean>;
  private readonly answers = new AnswerRoom();
  private readonly active = new Set<Promise<void>>();
  /** Told of a version that this worker cannot run, so that others get its jobs. */
  onUnavailable: (version: string) => void = () => {};
  /** Told of every entry that comes. */
  onEntry: () => void = () => {};
  /** Jobs that were ended here. */
  jobsDone = 0;
  /** When the last entry ended, in milliseconds of `performance.now()`. */
  private idleSince = performance.now();

  constructor(
    @Inject(RESOURCES) private readonly resources: Resources,
    private readonly engine: Engine,
    private readonly held: HeldJobs,
  ) {
    this.claims = new Coalescer((entries) => this.claim(entries), CLAIM_LIMIT, { calls: CALLS });
    const weight = { of: (job: FinishedJob) => job.results.length, most: FINISH_CHARS };
    const open = () =>
      new Coalescer((jobs: FinishedJob[]) => this.finish(jobs), FINISH_LIMIT, { calls: CALLS, weight });
    this.finishes = open();
    this.largeFinishes = open();
  }

  /** Resolves when the entry may be forgotten: its job has ended, gone back, or is somebody else's. */
  async process(entry: QueueEntry): Promise<void> {
    const work = this.claimAndRun(entry);
    this.active.add(work);
    this.onEntry();
    try {
      await work;
    } finally {
      this.active.delete(work);
      this.idleSince = performance.now();
    }
  }

  /** How long nothing has been claimed or waiting here, in milliseconds; 0 while something is. */
  idleMs(): number {
    return this.active.size > 0 ? 0 : performance.now() - this.idleSince;
  }

  /** Resolves when no entry is being handled, those whose claim is under way included. */
  async whenIdle(): Promise<void> {
    while (this.active.size > 0) await Promise.allSettled([...this.active]);
  }

  private async claimAndRun(entry: QueueEntry): Promise<void> {
    const trace = new JobTrace(this.resources.tracing, entry);
    let outcome = 'not-claimed';
    try {
      const job = await this.claims.run(entry);
      if (!job) return;
      trace.claimed(job);
      this.resources.metrics.claimed(job);
      const held = this.held.add(job.id, job.attempt);
      outcome = 'lost';
      try {
        outcome = await this.runAndFinish(job, held, trace);
      } finally {
        this.held.remove(held);
      }
    } finally {
      trace.end(outcome);
    }
  }

  /** What the attempt ended in. */
  private async runAndFinish(job: ClaimedJob, held: HeldJob, trace: JobTrace): Promise<Outcome> {
    const { metrics, logger } = this.resources;
    const claimedAt = performance.now();
    const room = this.answers.enter(job.tenantId, held.abort.signal);
    try {
      const finished = await this.run(job, held, room, trace);
      if (!(await trace.finishing(() => this.finishWhileHeld(finished, held)))) {
        metrics.unfinished(job, 'stale');
        return 'stale';
      }
      metrics.finished(job, finished, performance.now() - claimedAt);
      return 'finished';
    } catch (error) {
      if (isAbort(error)) {
        const outcome = held.abort.signal.reason?.message === DRAINED ? DRAINED : 'abandoned';
        // Claimed when the drain had given everything else back already.
        if (held.late) await this.giveBack(job, 'drained');
        else metrics.unfinished(job, outcome);
        return held.late ? 'drained' : outcome;
      }
      const reason = engineCode(error);
      if (reason === 'model-unavailable') this.onUnavailable(job.versionId);
      // Any other error is a bug; the job still goes back, so that it ends after a bounded number of attempts.
      if (!reason) logger.error({ ...idsOf(job), error }, 'job failed unexpectedly');
      await this.giveBack(job, reason ?? 'lost');
      return reason ?? 'lost';
    } finally {
      room.leave();
    }
  }

  private async run(job: ClaimedJob, held: HeldJob, room: JobRoom, trace: JobTrace): Promise<FinishedJob> {
    const { model } = await this.engine.cache.get(job.versionId);
    const { signal } = held.abort;
    const options = { flow: job, alone: job.crashes > 0, signal };
    const { items, tally } = await runItems({
      task: job.task,
      parameters: job.parameters,
      inputs: job.inputs,
      model: job.maxTokens === null ? model : { ...model, maxTokens: job.maxTokens },
      infer: async (sequence) => {
        const answer = await this.engine.infer(job.versionId, sequence, options);
        trace.answered(answer);
        return answer;
      },
      admit: (bytes) => room.take(bytes),
      abandon: () => held.abort.abort(new DOMException('attempt over', 'AbortError')),
      onItemError: (code) => this.resources.metrics.itemFailed(code),
      onBug: (error) => this.resources.logger.error({ ...idsOf(job), error }, 'item failed unexpectedly'),
    });
    trace.counted(tally);
    signal.throwIfAborted();
    const failed = items.filter((item) => item.failed).length;
    const succeeded = items.length - failed;
    return {
      id: job.id,
      attempt: job.attempt,
      itemTokens: job.source === 'batch' ? items.map((item) => item.tokens) : null,
      noRoom: items.some((item) => item.failed && item.json.includes(NO_ROOM)),
      results: `[${items.map((item) => item.json).join()}]`,
      succeeded,
      failed,
      usage: { tokens: tally.tokens, padded_tokens: tally.paddedTokens, truncated: tally.truncated },
      timing: timingOf(job, tally),
      error: succeeded === 0 ? everyItemFailed(job) : null,
    };
  }

  /** Offers the result until it is stored, or refused as stale, or the lease is gone; a database that is away must not cost the work. */
  private async finishWhileHeld(finished: FinishedJob, held: HeldJob): Promise<boolean> {
    for (;;) {
      try {
        const isLarge = finished.results.length > SMALL_CHARS;
        const stored = await (isLarge ? this.largeFinishes : this.finishes).run(finished);
        if (!stored)
          this.resources.logger.warn(
            { job: toPublicId('job', finished.id), attempt: finished.attempt },
            'stale result dropped',
          );
        return stored;
      } catch (error) {
        if (!(error instanceof HeddleError && error.code === 'overloaded')) throw error;
        held.abort.signal.throwIfAborted();
        await new Promise((resolve) => setTimeout(resolve, FINISH_RETRY_MS));
      }
    }
  }

  private async claim(entries: { id: string; epoch: number }[]): Promise<(ClaimedJob | null)[]> {
    const { store, workerId, config } = this.resources;
    const jobs = await store.jobs.claim(entries, { id: workerId, leaseMs: config.env.HEDDLE_LEASE_MS });
    const byId = new Map(jobs.map((job) => [job.id, job]));
    return entries.map((entry) => {
      const job = byId.get(entry.id) ?? null;
      // The same entry twice in one call is one claim.
      byId.delete(entry.id);
      return job;
    });
  }

  private async finish(jobs: FinishedJob[]): Promise<boolean[]> {
    const { store, signals, workerId } = this.resources;
    const stored = new Set(await store.jobs.finish(jobs, workerId));
    this.jobsDone += stored.size;
    if (stored.size > 0) signals.publish('jobs-ended', [...stored].join(','));
    return jobs.map((job) => stored.has(job.id));
  }

  private async giveBack(
    job: ClaimedJob,
    reason: Parameters<Resources['store']['jobs']['giveBack']>[1],
  ): Promise<void> {
    const { store, signals, logger, metrics, workerId } = this.resources;
    const { queued, failed } = await store.jobs.giveBack([job], reason, workerId);
    metrics.unfinished(job, reason, failed.length > 0);
    if (failed.length > 0) signals.publish('jobs-ended', failed.join(','));
    if (queued.length > 0) signals.publish('jobs-submitted', job.versionId);
    logger.warn({ ...idsOf(job), reason, failed: failed.length > 0 }, 'job given back');
  }
}

/** What a line about a job names it by. */
function idsOf({ id, tenantId, attempt }: ClaimedJob): Record<string, unknown> {
  return { job: toPublicId('job', id), tenant: tenantId, attempt };
}

function timingOf(job: ClaimedJob, tally: Tally): FinishedJob['timing'] {
  return {
    queue_ms: round(job.queueMs),
    tokenize_ms: round(tally.tokenizeMs),
    inference_ms: round(tally.inferenceMs),
  };
}

function round(milliseconds: number): number {
  return Math.round(milliseconds * 10) / 10;
}

function everyItemFailed(job: ClaimedJob): JobError {
  return {
    code: 'all-items-failed',
    message: 'Every item of the job failed; see results.',
    retryable: false,
    attempt: job.attempt,
  };
}
