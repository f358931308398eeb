import { HeddleError } from '@heddle/contracts';
import { type Loop, startLoop } from '@heddle/telemetry';
import { Tuning } from '@heddle/tuning';
import { Inject, Injectable } from '@nestjs/common';
import { Consumers } from '../processor/consumers.js';
import { Engine } from '../processor/engine.js';
import { Processor } from '../processor/processor.js';
import { RESOURCES, type Resources } from '../resources.js';

/** A worker that has had nothing to do for so long may measure. */
const QUIET_MS = 5_000;
const POLL_MS = 1_000;
/** How often plans are looked for that were made elsewhere. */
const LEARN_MS = 60_000;
/** A session lays weights out anew, beside the files. */
const MEMORY_FACTOR = 2;

/**
 * Measures how versions run best on this machine while there is nothing to do: one at a time, in processes of the lowest
 * priority, which end when work comes. What was measured by then is kept.
 */
@Injectable()
export class Tuner {
  private loops: Loop[] = [];
  private current: AbortController | undefined;
  private stopping = false;
  /** By version. */
  private readonly begun = new Map<string, Tuning>();
  /** Bytes of free memory without which a version is not measured. */
  private readonly needed = new Map<string, number>();
  /** Versions that cannot be measured by this worker. */
  private readonly givenUp = new Set<string>();

  constructor(
    @Inject(RESOURCES) private readonly resources: Resources,
    private readonly engine: Engine,
    private readonly consumers: Consumers,
    private readonly processor: Processor,
  ) {}

  start(): void {
    const { config, logger } = this.resources;
    this.loops = [startLoop('learning plans', LEARN_MS, logger, () => this.engine.learnPlans())];
    if (!config.env.HEDDLE_AUTOTUNE) return;
    this.processor.onEntry = () => this.current?.abort(new DOMException('work came', 'AbortError'));
    this.loops.push(startLoop('tuning', POLL_MS, logger, () => this.round()));
  }

  async stop(): Promise<void> {
    this.stopping = true;
    this.current?.abort(new DOMException('stopping', 'AbortError'));
    await Promise.all(this.loops.map((loop) => loop.stop()));
  }

  private async round(): Promise<void> {
    if (!this.mayMeasure() || this.next() === undefined) return;
    // Another worker of the same kind of machine may have been quicker.
    await this.engine.learnPlans();
    for (let version = this.next(); version && this.mayMeasure(); version = this.next()) {
      await this.measure(version);
    }
  }

  private mayMeasure(): boolean {
    return !this.stopping && this.processor.idleMs() >= QUIET_MS;
  }

  private next(): string | undefined {
    return this.consumers
      .served()
      .find((version) => !this.engine.planOf(version) && !this.givenUp.has(version) && this.hasRoom(version));
  }

  /** Looked at anew before every start: models are loaded and unloaded meanwhile. True where the size is not known yet. */
  private hasRoom(version: string): boolean {
    return (this.needed.get(version) ?? 0) <= this.engine.freeBytes;
  }

  private async measure(version: string): Promise<void> {
    const { store, logger } = this.resources;
    const tuning = this.begun.get(version) ?? (await this.begin(version));
    if (!tuning) return;
    const abort = new AbortController();
    this.current = abort;
    try {
      const plan = await tuning.run(abort.signal);
      await store.plans.put(version, plan);
      this.forget(version);
      const { lowering, classes, layouts } = plan;
      logger.info({ version, lowering, classes, layouts }, 'model version measured');
      await this.engine.follow(version, plan);
    } catch (error) {
      if (abort.signal.aborted) return;
      // The plan is stored in another round, when the database is back.
      if (error instanceof HeddleError && error.code === 'overloaded') throw error;
      this.givenUp.add(version);
      this.forget(version);
      logger.warn({ error, version }, 'model version cannot be measured; it is served as by default');
    } finally {
      this.current = undefined;
    }
  }

  /** Undefined where there is not enough memory for it now. */
  private async begin(version: string): Promise<Tuning | undefined> {
    const { config, machine, logger } = this.resources;
    const { model, mainGraphs } = await this.engine.cache.get(version);
    this.needed.set(version, MEMORY_FACTOR * mainGraphs.reduce((sum, { bytes }) => sum + bytes, 0));
    if (!this.hasRoom(version)) {
      logger.info(
        { version },
        'too little memory to measure a model version beside those that are served: it waits until there is more; `heddle tune --redo` does it now',
      );
      return undefined;
    }
    const { env, inferenceChildren: children, inferenceThreads: threads, layoutIsSet } = config;
    const tuning = new Tuning(
      { graphs: mainGraphs, maxTokens: model.maxTokens },
      {
        machine,
        provider: env.HEDDLE_PROVIDER,
        device: env.HEDDLE_DEVICES[0]!,
        children,
        threads,
        tryLayouts: !layoutIsSet,
        memoryBytes: () => this.engine.freeBytes,
        runTimeoutMs: env.HEDDLE_INFERENCE_TIMEOUT_MS,
        background: true,
        onLog: (line) => logger.warn({ version }, `measuring process: ${line}`),
      },
    );
    this.begun.set(version, tuning);
    return tuning;
  }

  private forget(version: string): void {
    this.begun.delete(version);
    this.needed.delete(version);
  }
}
