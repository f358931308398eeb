import { hostname } from 'node:os';
import { Inject, Injectable } from '@nestjs/common';
import { Engine } from '../processor/engine.js';
import { HeldJobs } from '../processor/held-jobs.js';
import { RESOURCES, type Resources } from '../resources.js';

const HEARTBEAT_MS = 5_000;
/** Leases are extended three times within their length, so that one lost statement does no harm. */
const EXTENSIONS_PER_LEASE = 3;

/** Says that this worker lives, and keeps the leases of the jobs it holds. */
@Injectable()
export class Heartbeat {
  private timers: NodeJS.Timeout[] = [];
  private throughput: Record<string, number> = {};
  private unsubscribe: (() => Promise<void>) | undefined;

  constructor(
    @Inject(RESOURCES) private readonly resources: Resources,
    private readonly engine: Engine,
    private readonly held: HeldJobs,
  ) {}

  /** Keeps the leases of held jobs, and hears of those that are canceled: needed before the first claim. */
  async start(): Promise<void> {
    const { config, signals } = this.resources;
    this.timers = [
      setInterval(
        () => this.quietly('lease extension', () => this.extendLeases()),
        config.env.HEDDLE_LEASE_MS / EXTENSIONS_PER_LEASE,
      ),
    ];
    this.unsubscribe = await signals.subscribe('jobs-canceled', (ids) =>
      this.held.abort(ids.split(','), 'canceled'),
    );
  }

  /** Says that this worker serves: readiness looks for it. */
  async announce(): Promise<void> {
    await this.beat();
    this.timers.push(setInterval(() => this.quietly('heartbeat', () => this.beat()), HEARTBEAT_MS));
  }

  async stop(): Promise<void> {
    for (const timer of this.timers) clearInterval(timer);
    await this.unsubscribe?.();
    await this.resources.store.workers.remove(this.resources.workerId);
  }

  private async beat(): Promise<void> {
    // Idle versions keep their last measured rate.
    this.throughput = { ...this.throughput, ...this.engine.takeThroughput() };
    await this.resources.store.workers.heartbeat({
      id: this.resources.workerId,
      host: hostname(),
      pid: process.pid,
      throughput: this.throughput,
    });
  }

  private async extendLeases(): Promise<void> {
    const { store, config, logger } = this.resources;
    const held = this.held.list();
    if (held.length === 0) return;
    const lost = await store.jobs.extendLeases(held, config.env.HEDDLE_LEASE_MS);
    if (lost.length === 0) return;
    logger.info({ jobs: lost.length }, 'jobs ended or moved on while held');
    this.held.abort(lost, 'lease lost');
  }

  private quietly(what: string, work: () => Promise<void>): void {
    work().catch((error: unknown) => this.resources.logger.warn({ error }, `${what} failed`));
  }
}
