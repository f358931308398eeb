import { hostname } from 'node:os';
import type { Provider } from '@heddle/contracts';
import type { WorkerPhase } from '@heddle/store';
import { Inject, Injectable } from '@nestjs/common';
import { Consumers } from '../processor/consumers.js';
import { Engine } from '../processor/engine.js';
import { HeldJobs } from '../processor/held-jobs.js';
import { Processor } from '../processor/processor.js';
import { RESOURCES, type Resources } from '../resources.js';
import { VERSION } from '../version.js';

const HEARTBEAT_MS = 5_000;
/** Providers whose GPUs can be chosen. */
const NUMBERED_DEVICES: ReadonlySet<string> = new Set<Provider>(['cuda', 'tensorrt']);
/** Leases are extended three times within their length, so that one lost statement does no harm. */
const EXTENSIONS_PER_LEASE = 3;

/** Says that this worker lives, and keeps the leases of the jobs it holds. */
@Injectable()
export class Heartbeat {
  private timers: NodeJS.Timeout[] = [];
  private throughput: Record<string, number> = {};
  private unsubscribe: (() => Promise<void>) | undefined;
  private phase: WorkerPhase = 'starting';
  /** One after the other, so that the newest is the one that stays. */
  private beating: Promise<void> = Promise.resolve();
  /** Told, again and again, when an operator has asked this worker to drain. */
  onDrainRequested: () => void = () => {};

  constructor(
    @Inject(RESOURCES) private readonly resources: Resources,
    private readonly engine: Engine,
    private readonly held: HeldJobs,
    private readonly processor: Processor,
    private readonly consumers: Consumers,
  ) {}

  /**
   * Says that this worker starts; keeps the leases of held jobs, and hears of those that are canceled: needed before the
   * first claim.
   */
  async start(): Promise<void> {
    const { config, signals } = this.resources;
    await this.beat();
    this.timers = [
      setInterval(() => this.quietly('heartbeat', () => this.beat()), HEARTBEAT_MS),
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
    if (this.phase === 'starting') this.phase = 'serving';
    await this.beat();
  }

  /** Says that this worker takes no more. */
  drain(): void {
    this.phase = 'draining';
    this.quietly('heartbeat', () => this.beat());
  }

  async stop(): Promise<void> {
    for (const timer of this.timers) clearInterval(timer);
    // A beat that is late would register the worker again. What went wrong with it was told where it began.
    await this.beating.catch(() => undefined);
    await this.unsubscribe?.();
    await this.resources.store.workers.remove(this.resources.workerId);
  }

  /** Rejects when this one fails; what failed before was told to whoever asked for it. */
  private beat(): Promise<void> {
    this.beating = this.beating.catch(() => undefined).then(() => this.tell());
    return this.beating;
  }

  private async tell(): Promise<void> {
    const { store, workerId, layout, config } = this.resources;
    const { HEDDLE_PROVIDER: provider, HEDDLE_DEVICES: devices } = config.env;
    // Idle versions keep their last measured rate.
    this.throughput = { ...this.throughput, ...this.engine.takeThroughput() };
    const { drain } = await store.workers.heartbeat({
      id: workerId,
      host: hostname(),
      pid: process.pid,
      pool: config.env.HEDDLE_POOL,
      models: config.env.HEDDLE_POOL_MODELS ?? null,
      load: this.engine.takeLoad(),
      inferenceProcesses: layout.children,
      memoryBudgetBytes: config.env.HEDDLE_MODEL_MEMORY_MIB * 1024 ** 2,
      phase: this.phase,
      device: NUMBERED_DEVICES.has(provider) ? `${provider}:${devices.join(',')}` : provider,
      threads: layout.children * layout.threads,
      build: VERSION,
      jobsDone: this.processor.jobsDone,
      served: this.consumers.served(),
      loaded: this.engine.loadedBytes(),
      throughput: this.throughput,
      quarantined: this.engine.quarantined(),
    });
    if (drain && this.phase !== 'draining') this.onDrainRequested();
  }

  private async extendLeases(): Promise<void> {
    const { store, config, logger, workerId } = this.resources;
    const held = this.held.list();
    if (held.length === 0) return;
    const lost = await store.jobs.extendLeases(held, { id: workerId, leaseMs: config.env.HEDDLE_LEASE_MS });
    if (lost.length === 0) return;
    logger.info({ jobs: lost.length }, 'jobs ended or moved on while held');
    this.held.abort(lost, 'lease lost');
  }

  private quietly(what: string, work: () => Promise<void>): void {
    work().catch((error: unknown) => this.resources.logger.warn({ error }, `${what} failed`));
  }
}
