import { FairOrder, flowKey, HeddleError, toPublicId } from '@heddle/contracts';
import type { Candidate } from '@heddle/store';
import { type Loop, logFailure, type Span, startLoop } from '@heddle/telemetry';
import { Inject, Injectable } from '@nestjs/common';
import { RESOURCES, type Resources } from '../resources.js';
import { choose } from './choose.js';
import { Window, type WindowTarget } from './window.js';

/** Seconds of work kept in the window: enough that workers never wait, little enough to re-order and to rebuild. */
const WINDOW_S = 2;
/** Seconds of it that wait for a worker: several polls long, and the most a newcomer has before it in the queue. */
const WAITING_S = 0.25;
/** The window of a version whose speed is not known yet, and the least it ever is (estimated tokens). */
const MIN_WINDOW_COST = 32_768;
const MIN_WAITING_COST = 8_192;
/** Entries of one version that wait in the queue at most, and those added by one dispatch. */
const MAX_WAITING_JOBS = 8_192;
const MAX_DISPATCH_JOBS = 1_000;

/**
 * Least pause between two looks while nothing waits, and when nothing has waited for some time: each takes up to a
 * millisecond of a core, day and night. A lost signal costs a job this long.
 */
const IDLE_POLL_MS = { lately: 250, atRest: 1_000 } as const;
const AT_REST_AFTER_MS = 5_000;

/** Age at which speeds are read anew: workers tell them every few seconds. */
const SPEEDS_MS = 1_000;

/** Tops up the dispatch window of every version from the backlog in Postgres. */
@Injectable()
export class DispatchService {
  /** By version. */
  private readonly orders = new Map<string, FairOrder>();
  /** Versions that signals named and nobody has looked at yet; an empty one stands for those that are not named. */
  private readonly named = new Set<string>();
  /** By version, the flows that had more than could be taken when it was last looked at: one more job of theirs changes nothing. */
  private readonly backlogged = new Map<string, ReadonlySet<string>>();
  /** Milliseconds of `performance.now()`: the last look at all versions, and when something waited last. */
  private lookedAt = Number.NEGATIVE_INFINITY;
  private busyAt = performance.now();
  /** Versions whose queue was full or away last time. */
  private readonly takesLittle = new Set<string>();
  /** Whether the last look found nothing. */
  private idle = false;
  /** Tokens per second by version, and when they were read. */
  private speeds = { of: new Map<string, number>(), at: Number.NEGATIVE_INFINITY };
  private pollMs = 0;
  private loop: Loop | undefined;
  private unsubscribe: (() => Promise<void>) | undefined;

  constructor(@Inject(RESOURCES) private readonly resources: Resources) {}

  async start(): Promise<void> {
    const { signals, config, logger } = this.resources;
    this.pollMs = config.env.HEDDLE_DISPATCH_POLL_MS;
    this.loop = startLoop(
      'dispatch',
      () => this.pauseMs(),
      logger,
      () => this.round(),
    );
    this.unsubscribe = await signals.subscribe('jobs-submitted', (names) => {
      const before = this.named.size;
      for (const name of names.split(',')) this.note(name);
      if (this.named.size > before) this.loop?.wake();
    });
  }

  async stop(): Promise<void> {
    await this.unsubscribe?.();
    await this.loop?.stop();
  }

  /** `name`: a version, or `version/flow`; an empty one stands for all. A flood of one flow wakes nobody once there is enough of it. */
  private note(name: string): void {
    const [version = '', ...flow] = name.split('/');
    if (flow.length === 0 || !this.backlogged.get(version)?.has(flow.join('/'))) this.named.add(version);
  }

  private pauseMs(): number {
    if (!this.idle) return this.pollMs;
    const isAtRest = performance.now() - this.busyAt >= AT_REST_AFTER_MS;
    return Math.max(this.pollMs, isAtRest ? IDLE_POLL_MS.atRest : IDLE_POLL_MS.lately);
  }

  /** Versions that signals named go first, without a search; all are looked at as often as without signals. */
  private async round(): Promise<void> {
    const named = new Set(this.named);
    this.named.clear();
    const lookAtAll = named.delete('') || performance.now() - this.lookedAt >= this.pollMs;
    await this.fillAll([...named]);
    const found = lookAtAll ? await this.lookForBacklog() : [];
    await this.fillAll(found.filter((version) => !named.has(version)));
    this.idle = named.size + found.length === 0;
    if (!this.idle) this.busyAt = performance.now();
  }

  private lookForBacklog(): Promise<string[]> {
    this.lookedAt = performance.now();
    // Others may have taken what these had: the next job of theirs is news again.
    this.backlogged.clear();
    return this.resources.store.jobs.versionsWithBacklog();
  }

  private async fillAll(versions: string[]): Promise<void> {
    for (const version of versions) {
      // One version's trouble is not to hold up those that come after it.
      await this.fill(version, targetOf(this.speeds.of.get(version) ?? 0)).catch((error: unknown) =>
        logFailure(this.resources.logger, 'dispatch', error, { version }),
      );
    }
    // Afterwards: a job that comes after a pause waits for its dispatch alone.
    if (versions.length > 0) await this.readSpeeds();
  }

  /** Adds jobs until the window admits no more or the backlog is empty. */
  private async fill(version: string, target: WindowTarget): Promise<void> {
    const { store } = this.resources;
    const order = this.orderOf(version);
    for (let more = true; more; ) {
      more = false;
      // What is submitted from here on may be too late for this look.
      this.backlogged.delete(version);
      // One job of each flow, so more of them need not be read.
      const limit = this.takesLittle.has(version) ? 1 : MAX_DISPATCH_JOBS;
      // Read beside the candidates: a job waits for both.
      const reading = store.jobs.windowOf(version);
      // Its error is heard where it is awaited; or not at all, when the candidates cannot be read either.
      reading.catch(() => undefined);
      let isFirst = true;
      const choosing = async (candidates: Candidate[]) => {
        // Chosen again when others were quicker: theirs are in the window by then.
        const inWindow = await (isFirst ? reading : store.jobs.windowOf(version));
        isFirst = false;
        const window = new Window(target, inWindow, candidates);
        const wasFull = window.isQueueFull;
        if (wasFull) this.takesLittle.add(version);
        else this.takesLittle.delete(version);
        const chosen = choose(candidates, window, order, MAX_DISPATCH_JOBS);
        this.backlogged.set(version, flowsLeft(candidates, chosen));
        more = !wasFull && (limit === 1 ? chosen.length > 0 : takesAllOfOne(chosen, candidates, limit));
        return chosen;
      };
      const adding = (chosen: Candidate[]) => this.add(version, chosen);
      if ((await store.jobs.dispatch(version, limit, adding, choosing)) === 0) return;
    }
  }

  /** Thousands of marks would be written for nothing, ten times a second, while the queue is away. */
  private async add(version: string, chosen: Candidate[]): Promise<void> {
    const spans = chosen.map((job) => this.beginSpan(version, job));
    let failure: string | null = null;
    try {
      await this.resources.queue.add(
        version,
        chosen.map((job, i) => ({ ...job, traceparent: spans[i]!.traceparent })),
      );
      this.resources.outboxLag.added(chosen);
    } catch (error) {
      this.takesLittle.add(version);
      failure = error instanceof HeddleError ? error.code : 'internal';
      throw error;
    } finally {
      for (const span of spans) span.end(failure);
    }
  }

  private beginSpan(version: string, { id, epoch, tenantId, traceparent }: Candidate): Span {
    return this.resources.tracing.begin('dispatch', {
      parent: traceparent,
      kind: 'producer',
      attributes: () => ({
        'messaging.system': 'bullmq',
        'messaging.operation.type': 'send',
        'messaging.destination.name': version,
        'heddle.job.id': toPublicId('job', id),
        'heddle.job.epoch': epoch,
        'heddle.tenant.id': tenantId,
      }),
    });
  }

  private async readSpeeds(): Promise<void> {
    const now = performance.now();
    if (now - this.speeds.at < SPEEDS_MS) return;
    this.speeds = { of: await this.resources.store.workers.throughput(), at: now };
  }

  private orderOf(version: string): FairOrder {
    const existing = this.orders.get(version);
    if (existing) return existing;
    const order = new FairOrder();
    this.orders.set(version, order);
    return order;
  }
}

function targetOf(tokensPerSecond: number): WindowTarget {
  return {
    cost: Math.max(MIN_WINDOW_COST, WINDOW_S * tokensPerSecond),
    waitingCost: Math.max(MIN_WAITING_COST, WAITING_S * tokensPerSecond),
    waitingJobs: MAX_WAITING_JOBS,
  };
}

/** Whether a flow had as many candidates as were read of each and every one was chosen: it may have more. */
function takesAllOfOne(chosen: Candidate[], candidates: Candidate[], limit: number): boolean {
  const chosenOf = countByFlow(chosen);
  const candidatesOf = countByFlow(candidates);
  const ofEach = Math.ceil(limit / candidatesOf.size);
  return [...chosenOf].some(([key, count]) => count >= ofEach && count === candidatesOf.get(key));
}

/** Flows with candidates that were not chosen. */
function flowsLeft(candidates: Candidate[], chosen: Candidate[]): Set<string> {
  const chosenOf = countByFlow(chosen);
  return new Set(
    [...countByFlow(candidates)]
      .filter(([key, count]) => count > (chosenOf.get(key) ?? 0))
      .map(([key]) => key),
  );
}

function countByFlow(jobs: Candidate[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const job of jobs) counts.set(flowKey(job), (counts.get(flowKey(job)) ?? 0) + 1);
  return counts;
}
