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
  private readonly pool: InferencePool;
  private readonly batcher: Batcher;
  /** Tokens and busy milliseconds by version since the last look. */
  private work = new Map<string, { tokens: number; busyMs: number }>();

  constructor(@Inject(RESOURCES) private readonly resources: Resources) {
    const { env, inferenceChildren } = resources.config;
    this.cache = new ModelCache(resources);
    this.batcher = new Batcher({
      maxTokens: env.HEDDLE_BATCH_TOKENS,
      delayMs: env.HEDDLE_BATCH_DELAY_MS,
      engines: () => this.pool.available(),
      run: (version, sequences) => this.forward(version, sequences),
      endsAttempt,
    });
    this.pool = new InferencePool({
      children: inferenceChildren,
      provider: env.HEDDLE_PROVIDER,
      devices: env.HEDDLE_DEVICES,
      threads: env.HEDDLE_INFERENCE_THREADS,
      runTimeoutMs: env.HEDDLE_INFERENCE_TIMEOUT_MS,
      memoryBytes: env.HEDDLE_MODEL_MEMORY_MIB * 1024 ** 2,
      logger: resources.logger,
      graphFile: async (version, graph) => (await this.cache.get(version)).graphFile(graph),
      awaited: () => this.batcher.waitingVersions(),
      onIdle: () => this.batcher.pump(),
    });
  }

  start(): void {
    this.pool.start();
  }

  isWarm(version: string): boolean {
    return this.pool.isWarm(version);
  }

  /** Loads a version ahead of its first request; it stays loaded if it is `warm`. */
  preload(version: string, warm: boolean): Promise<void> {
    return this.pool.preload(version, warm);
  }

  /** Frees what a version takes; nothing of it may be running. */
  unload(version: string): Promise<void> {
    return this.pool.unload(version);
  }

  infer(version: string, sequence: Sequence, options: SubmitOptions): Promise<Answer> {
    return this.batcher.submit(version, sequence, options);
  }

  /** Tokens per second of the whole worker by version, over the forward passes since the last call. */
  takeThroughput(): Record<string, number> {
    const children = this.resources.config.inferenceChildren;
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
    this.count(version, sequences, pass.inferenceMs);
    return pass;
  }

  private count(version: string, sequences: Sequence[], inferenceMs: number): void {
    const work = this.work.get(version) ?? { tokens: 0, busyMs: 0 };
    work.tokens += sequences.reduce((sum, { encoding }) => sum + encoding.length, 0);
    work.busyMs += inferenceMs;
    this.work.set(version, work);
  }
}
