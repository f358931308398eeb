import { type ClaimedEvaluation, LeaseLost } from '@heddle/store';
import { Counter, type Loop, logFailure, startLoop } from '@heddle/telemetry';
import { Inject, Injectable } from '@nestjs/common';
import { Hold, LEASE_MS } from '../hold.js';
import { RESOURCES, type Resources } from '../resources.js';
import { advance, type Rest } from './advance.js';
import { Readers } from './examples.js';

/** Pause between two looks for evaluations that wait: while there are some, and when there were none for some time. */
const POLL_MS = { lately: 250, atRest: 2_000 } as const;
const AT_REST_AFTER_MS = 5_000;
/** Pause after a step that failed: twice as long each time that it fails again. */
const RETRY_MS = { first: 2_000, most: 60_000 } as const;
const MOST_FAILURES = 1_000;
/** Steps at a time, and those of one tenant. */
const SLOTS = { all: 4, tenant: 3 };

/** Thrown where the work on an evaluation breaks off because this dispatcher stops. */
class Stopping extends Error {}

interface Step {
  evaluation: ClaimedEvaluation;
  hold: Hold;
}

/**
 * Gets evaluations on, step by step: any number of dispatchers may, each evaluation is one's at a time, and the one that has waited
 * longest comes first.
 */
@Injectable()
export class EvaluationsService {
  private readonly steps = new Map<Promise<void>, Step>();
  /** How often steps of evaluations have failed in a row; forgotten where there are many, because others may have got them on. */
  private readonly failures = new Map<string, number>();
  private readonly readers: Readers;
  private readonly failed: Counter;
  private busyAt = Number.NEGATIVE_INFINITY;
  private loop: Loop | undefined;
  private unsubscribe: (() => Promise<void>) | undefined;
  private stopping = false;

  constructor(@Inject(RESOURCES) private readonly resources: Resources) {
    this.readers = new Readers(resources);
    this.failed = new Counter({
      name: 'heddle_evaluation_step_failures_total',
      help: 'Steps of evaluations that failed and are tried again.',
      registers: [resources.metrics],
    });
  }

  async start(): Promise<void> {
    const { signals, logger } = this.resources;
    const loop = startLoop(
      'evaluations',
      () => this.pauseMs(),
      logger,
      () => this.round(),
    );
    this.loop = loop;
    this.unsubscribe = await signals.subscribe('evaluations-submitted', (ids) => {
      // Canceled ones are among them: the work on these ends now.
      for (const { evaluation, hold } of this.steps.values()) if (ids.includes(evaluation.id)) hold.look();
      loop.wake();
    });
  }

  async stop(): Promise<void> {
    this.stopping = true;
    await this.unsubscribe?.();
    await this.loop?.stop();
    for (const { hold } of this.steps.values()) hold.giveUp(new Stopping());
    await Promise.all(this.steps.keys());
    await this.readers.close();
  }

  private pauseMs(): number {
    return performance.now() - this.busyAt >= AT_REST_AFTER_MS ? POLL_MS.atRest : POLL_MS.lately;
  }

  private async round(): Promise<void> {
    // What cannot be released now is released later, and holds up nobody else's.
    await this.release().catch((error: unknown) => logFailure(this.resources.logger, 'evaluations', error));
    await this.readers.closeIdle();
    while (!this.stopping && this.steps.size < SLOTS.all) {
      const evaluation = await this.resources.store.evaluations.claim(LEASE_MS, this.fullTenants());
      if (!evaluation) return;
      this.busyAt = performance.now();
      const hold = new Hold(this.resources.store, 'evaluations', evaluation, this.resources.logger);
      const step = this.step(evaluation, hold);
      this.steps.set(step, { evaluation, hold });
      void step.finally(() => this.steps.delete(step));
    }
  }

  /** Jobs of evaluations that have ended are ended, and their data may go. */
  private async release(): Promise<void> {
    const { store, signals, endedJobs } = this.resources;
    for (;;) {
      const ended = this.stopping ? null : await store.evaluations.release();
      if (ended === null) return;
      if (ended.length === 0) continue;
      signals.publish('jobs-ended', ended.join(','));
      signals.publish('jobs-canceled', ended.join(','));
      await endedJobs.count(store, ended);
    }
  }

  private fullTenants(): string[] {
    const tenants = [...this.steps.values()].map(({ evaluation }) => evaluation.tenantId);
    return [...new Set(tenants)].filter(
      (tenant) => tenants.filter((one) => one === tenant).length >= SLOTS.tenant,
    );
  }

  private async step(evaluation: ClaimedEvaluation, hold: Hold): Promise<void> {
    const { logger, signals } = this.resources;
    const { id } = evaluation;
    const failures = this.failures.get(id) ?? 0;
    let rest: Rest = Math.min(RETRY_MS.first * 2 ** failures, RETRY_MS.most);
    this.failures.delete(id);
    try {
      rest = await advance(this.resources, this.readers, evaluation, hold.signal);
      if (rest === null) await this.readers.forget(id);
      if (rest === null) signals.publish('evaluations-ended', id);
    } catch (error) {
      if (error instanceof Stopping) rest = 0;
      else if (error instanceof LeaseLost) {
        rest = null;
        await this.readers.forget(id);
      } else {
        if (this.failures.size >= MOST_FAILURES) this.failures.clear();
        this.failures.set(id, failures + 1);
        this.failed.inc();
        logFailure(logger, 'evaluations', error, { evaluation: id });
      }
    }
    try {
      await hold.end(rest);
    } catch (error) {
      logFailure(logger, 'evaluations', error, { evaluation: id });
    }
    signals.publish('evaluations-changed', id);
    if (rest === 0) this.loop?.wake();
  }
}
