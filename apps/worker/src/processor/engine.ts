import { budgetOf, DEFAULT_BATCH_TOKENS, DEFAULT_LOWERING, type ExecutionPlan } from '@heddle/contracts';
import type { Sequence } from '@heddle/deberta';
import { Inject, Injectable } from '@nestjs/common';
import { type Answer, Batcher, type ForwardPass, type SubmitOptions } from '../batcher/batcher.js';
import { endsAttempt } from '../batcher/errors.js';
import { InferencePool } from '../inference-pool/inference-pool.js';
import { ModelCache } from '../model-cache/model-cache.js';
import { RESOURCES, type Resources } from '../resources.js';

/** Model cache, batcher and inference children: sequences in, outputs of the model out. */
@Injectable()
export class Engine {
  readonly cache: ModelCache;
  /** Told of a version that is not run for a while because it crashed too often. */
  onUnavailable: (version: string) => void = () => {};
  private readonly pool: InferencePool;
  private readonly batcher: Batcher;
  /** Tokens and busy milliseconds by version since the last look. */
  private work = new Map<string, { tokens: number; busyMs: number }>();
  /** By version. */
  private readonly plans = new Map<string, ExecutionPlan>();

  constructor(@Inject(RESOURCES) private readonly resources: Resources) {
    const { config, layout } = resources;
    const { env } = config;
    this.cache = new ModelCache(resources, (version) => this.plans.get(version)?.lowering);
    this.batcher = new Batcher({
      budget: (version, lengthClass) => this.budget(version, lengthClass),
      competingPassMs: env.HEDDLE_COMPETING_PASS_MS,
      canStart: (version, graph) => this.pool.canStart(version, graph),
      hasSpare: () => this.pool.hasSpare,
      run: (version, sequences) => this.forward(version, sequences),
      endsAttempt,
    });
    this.pool = new InferencePool({
      children: layout.children,
      provider: env.HEDDLE_PROVIDER,
      devices: env.HEDDLE_DEVICES,
      threads: layout.threads,
      runTimeoutMs: env.HEDDLE_INFERENCE_TIMEOUT_MS,
      memoryBytes: env.HEDDLE_MODEL_MEMORY_MIB * 1024 ** 2,
      logger: resources.logger,
      graphFile: async (version, graph) => (await this.cache.get(version)).graphFile(graph),
      awaited: () => this.batcher.waitingVersions(),
      onChildEnd: (reason) => resources.metrics.childEnded(reason),
      onIdle: () => this.batcher.pump(),
      onQuarantine: (version) => this.onUnavailable(version),
    });
  }

  start(): void {
    this.pool.start();
  }

  /** Bytes of memory that inference processes could take besides. */
  get freeBytes(): number {
    return this.pool.freeBytes;
  }

  /** Bytes of memory by version, of those that are loaded. */
  loadedBytes(): Record<string, number> {
    return this.pool.loadedBytes();
  }

  planOf(version: string): ExecutionPlan | undefined {
    return this.plans.get(version);
  }

  /** Takes up the plans for this machine that are new, made here or elsewhere. */
  async learnPlans(): Promise<void> {
    const { store, machine } = this.resources;
    for (const [version, plan] of await store.plans.of(machine)) {
      if (this.plans.get(version)?.measured_at !== plan.measured_at) await this.follow(version, plan);
    }
  }

  /** Runs a version as the plan says from now on, in the processes there are. */
  async follow(version: string, plan: ExecutionPlan): Promise<void> {
    const before = this.plans.get(version)?.lowering ?? DEFAULT_LOWERING;
    this.plans.set(version, plan);
    if (plan.lowering !== before) await this.pool.reload(version);
  }

  isWarm(version: string): boolean {
    return this.pool.isWarm(version);
  }

  /** Loads a version ahead of its first request; it stays loaded if it is `warm`. */
  preload(version: string, warm: boolean): Promise<void> {
    return this.pool.preload(version, warm);
  }

  isInQuarantine(version: string): boolean {
    return this.pool.isInQuarantine(version);
  }

  /** Versions in quarantine, and seconds since they are. */
  quarantined(): Record<string, number> {
    return this.pool.quarantined();
  }

  /** Frees what versions take; nothing of them may be running. */
  unload(versions: string[]): Promise<void> {
    for (const version of versions) this.plans.delete(version);
    return this.pool.unload(versions);
  }

  infer(version: string, sequence: Sequence, options: SubmitOptions): Promise<Answer> {
    return this.batcher.submit(version, sequence, options);
  }

  /** Tokens per second of the whole worker by version, over the forward passes since the last call. */
  takeThroughput(): Record<string, number> {
    const { children } = this.resources.layout;
    const rates = [...this.work].map(([version, { tokens, busyMs }]) => [
      version,
      (tokens / busyMs) * 1000 * children,
    ]);
    this.work = new Map();
    return Object.fromEntries(rates);
  }

  /** Rejects what still waits with `reason`, and whatever comes later. */
  stop(reason: Error): void {
    this.batcher.close(reason);
  }

  close(): Promise<void> {
    return this.pool.close();
  }

  private async forward(version: string, sequences: Sequence[]): Promise<ForwardPass> {
    const pass = await this.pool.run(version, sequences);
    this.count(version, sequences, pass);
    return pass;
  }

  private budget(version: string, lengthClass: number): number {
    const { HEDDLE_BATCH_TOKENS: tokens } = this.resources.config.env;
    if (tokens !== undefined) return tokens;
    const plan = this.plans.get(version);
    return plan ? budgetOf(plan, lengthClass) : DEFAULT_BATCH_TOKENS;
  }

  private count(version: string, sequences: Sequence[], { inferenceMs, paddedLength }: ForwardPass): void {
    const work = this.work.get(version) ?? { tokens: 0, busyMs: 0 };
    const tokens = sequences.reduce((sum, { encoding }) => sum + encoding.length, 0);
    work.tokens += tokens;
    work.busyMs += inferenceMs;
    this.work.set(version, work);
    const items = sequences.length;
    this.resources.metrics.forwardPass(version, {
      items,
      tokens,
      computed: items * paddedLength,
      ms: inferenceMs,
    });
  }
}
