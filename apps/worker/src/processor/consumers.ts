import { HeddleError, servesModel, toPublicId } from '@heddle/contracts';
import type { QueueConsumer } from '@heddle/queue';
import type { ServableVersion } from '@heddle/store';
import { type Loop, startLoop } from '@heddle/telemetry';
import { Inject, Injectable } from '@nestjs/common';
import { RESOURCES, type Resources } from '../resources.js';
import { Engine } from './engine.js';
import { Processor } from './processor.js';

/** How often model versions are looked for when no signal told of a change. */
const VERSION_POLL_MS = 5_000;
/** Pause before a version that this worker could not serve is tried again: doubles while it fails. */
const RETRY_MS = { first: 5_000, last: 300_000 } as const;

/** A queue that is away is reported no more often than this. */
const SILENCE_MS = 5_000;

/** One queue consumer for every servable model version. */
@Injectable()
export class Consumers {
  private readonly consumers = new Map<string, QueueConsumer>();
  /** Versions that this worker has begun to take up, those it could not serve included: something of them may be loaded. */
  private readonly takenUp = new Set<string>();
  /** Versions that failed here, and when they may be tried again. */
  private readonly failures = new Map<string, { pauseMs: number; until: number }>();
  private silentUntil = 0;
  private readonly stopping = new AbortController();
  /** The first look for versions; later ones are the loop's. */
  private looking: Promise<void> = Promise.resolve();
  private loop: Loop | undefined;
  private unsubscribe: (() => Promise<void>) | undefined;

  constructor(
    @Inject(RESOURCES) private readonly resources: Resources,
    private readonly engine: Engine,
    private readonly processor: Processor,
  ) {}

  /** Resolves when every version known now is loaded and consumed, or has failed to. */
  async start(): Promise<void> {
    this.processor.onUnavailable = (version) => this.suspend(version);
    this.engine.onUnavailable = (version) => this.suspend(version);
    this.looking = this.follow();
    await this.looking;
    if (this.stopping.signal.aborted) return;
    const { signals, logger } = this.resources;
    const loop = startLoop('looking for model versions', VERSION_POLL_MS, logger, () => this.follow());
    this.loop = loop;
    this.unsubscribe = await signals.subscribe('versions-changed', () => loop.wake());
  }

  /** Versions whose jobs this worker takes. */
  served(): string[] {
    return [...this.consumers.keys()];
  }

  /** Stops claiming; what is held goes on. */
  async pause(): Promise<void> {
    this.stopping.abort();
    await this.unsubscribe?.();
    await this.looking;
    await this.loop?.stop();
    await Promise.all([...this.consumers.values()].map((consumer) => consumer.pause()));
  }

  async close(): Promise<void> {
    await Promise.all([...this.consumers.values()].map((consumer) => consumer.close()));
  }

  /** Takes up versions that have become servable, lets go of those that are not any more. */
  private async follow(): Promise<void> {
    const { store, config } = this.resources;
    const own = config.env.HEDDLE_POOL_MODELS ?? null;
    const servable = (await store.models.listServable()).filter(({ model }) => servesModel(own, model));
    const wanted = new Set(servable.map(({ id }) => id));
    const unwanted = [...this.takenUp].filter((id) => !wanted.has(id));
    if (unwanted.length > 0) await this.letGo(unwanted);
    await this.removeDeleted();
    if (servable.some(({ id }) => !this.consumers.has(id))) await this.engine.learnPlans();
    for (const version of servable) {
      const { id } = version;
      this.resources.metrics.name(id, version.model, version.number);
      if (this.stopping.signal.aborted) return;
      if (this.consumers.has(id) && this.engine.isWarm(id) === version.warm) continue;
      if (Date.now() < (this.failures.get(id)?.until ?? 0) || this.engine.isInQuarantine(id)) continue;
      try {
        await this.add(version);
        this.failures.delete(id);
      } catch (error) {
        this.resources.logger.error({ error, version: id }, 'model version cannot be served by this worker');
        // Its files are there again as soon as the artefact store is.
        const isAway = error instanceof HeddleError && error.code === 'overloaded';
        this.countFailure(id, isAway ? RETRY_MS.first : RETRY_MS.last);
      }
    }
  }

  private async add({ id, manifest, warm }: ServableVersion): Promise<void> {
    const { logger, queue, config } = this.resources;
    this.takenUp.add(id);
    await this.engine.cache.add(id, manifest);
    await this.engine.preload(id, warm);
    if (this.stopping.signal.aborted || this.consumers.has(id)) return;
    const consumer = await queue.consume({
      version: id,
      concurrency: config.env.HEDDLE_WORKER_CONCURRENCY,
      handler: (entry) => this.processor.process(entry),
      onError: (error, entry) => {
        if (entry)
          logger.warn(
            { error, version: id, job: toPublicId('job', entry.id) },
            'queue entry failed; the reconciler will see to it',
          );
        else this.reportLost(error);
      },
    });
    this.consumers.set(id, consumer);
  }

  /** All versions lose the queue at the same time, again and again while it is away. */
  private reportLost(error: Error): void {
    if (Date.now() < this.silentUntil) return;
    this.silentUntil = Date.now() + SILENCE_MS;
    this.resources.logger.warn({ error }, 'queue connection lost; it heals by itself');
  }

  /** Nobody asks for the versions any more: they were archived and have no jobs left, or were deleted. */
  private async letGo(versions: string[]): Promise<void> {
    for (const version of versions) {
      const consumer = this.consumers.get(version);
      this.consumers.delete(version);
      await consumer?.close();
      this.engine.cache.drop(version);
    }
    await this.engine.unload(versions);
    for (const version of versions) {
      this.takenUp.delete(version);
      this.failures.delete(version);
    }
  }

  private async removeDeleted(): Promise<void> {
    const { store } = this.resources;
    await this.engine.cache.removeDeleted((versions) => store.versions.existingAmong(versions));
  }

  /** A worker that cannot run a version fails its jobs faster than others run them: it must not take any. */
  private suspend(version: string): void {
    const consumer = this.consumers.get(version);
    if (!consumer) return;
    this.consumers.delete(version);
    this.engine.cache.drop(version);
    this.countFailure(version);
    this.resources.logger.error(
      { version },
      'model version fails on this worker; taking no more of its jobs',
    );
    consumer.close().catch((error: unknown) => {
      this.resources.logger.warn({ error, version }, 'closing a consumer failed');
    });
  }

  private countFailure(version: string, mostMs: number = RETRY_MS.last): void {
    const before = this.failures.get(version)?.pauseMs;
    const pauseMs = before === undefined ? RETRY_MS.first : Math.min(before * 2, mostMs);
    this.failures.set(version, { pauseMs, until: Date.now() + pauseMs });
  }
}
