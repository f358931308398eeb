import {
  type ExecutionPlan,
  HeddleError,
  type Layout,
  type Lowering,
  type Measurement,
} from '@heddle/contracts';
import { paddedLength } from '@heddle/deberta';
import type { InferenceChild } from '@heddle/runtime';
import { chooseBudgets, chooseLayout, chooseLowering } from './choose.js';
import { compareLayouts } from './layouts.js';
import { type ChildOptions, rateOf, startChild } from './passes.js';
import { layoutShapes, lengthsOf, nextShape, type Shape } from './shapes.js';

/** A version as it lies on this machine. */
export interface TuningSubject {
  /** Main graphs, the default one first. */
  graphs: { lowering: Lowering; path: string }[];
  /** The longest input it takes. */
  maxTokens: number;
}

export interface TuningOptions extends ChildOptions {
  /** `machineOf` */
  machine: string;
  /** The layout of a worker that has no plan. */
  children: number;
  threads: number;
  /** Whether other layouts are tried: not where the settings name one. */
  tryLayouts: boolean;
  /** Bytes that inference processes may take for it now. */
  memoryBytes: () => number;
  onMeasured?: (measured: Measurement) => void;
}

/** Longest that sizes of passes are measured, whatever is left to try. */
const SWEEP_MS = 18_000;
/** Processes that may die of passes that are too large before the version is given up. */
const MAX_CRASHES = 3;
const CRASHES = new Set(['worker-crashed', 'inference-timeout']);

/** Measures one version; what was measured is kept when it is interrupted. */
export class Tuning {
  private readonly measured: Measurement[] = [];
  private layouts: Layout[] | undefined;
  private spentMs = 0;
  private crashes = 0;
  private readonly children = new Set<InferenceChild>();

  constructor(
    private readonly subject: TuningSubject,
    private readonly options: TuningOptions,
  ) {}

  /**
   * Goes on where it was interrupted. Rejects with the signal's reason when that aborts, after its processes were told
   * to end; with `artifact-corrupt`, `model-unavailable` or `worker-crashed` when the version cannot be run here.
   */
  async run(signal: AbortSignal): Promise<ExecutionPlan> {
    const kill = () => {
      for (const child of this.children) child.kill();
    };
    signal.addEventListener('abort', kill);
    try {
      // First of all: how large a pass should be depends on the threads that run it.
      this.layouts ??= await this.compareLayouts(signal);
      await this.sweep(signal);
      return this.plan();
    } catch (error) {
      throw signal.aborted ? signal.reason : error;
    } finally {
      signal.removeEventListener('abort', kill);
      await this.endAll();
    }
  }

  private async sweep(signal: AbortSignal): Promise<void> {
    let child: InferenceChild | undefined;
    for (let shape = this.next(); shape; shape = this.next()) {
      signal.throwIfAborted();
      child ??= await this.start(this.layout.threads, this.subject.graphs, signal);
      const started = performance.now();
      const rate = await rateOf(child, shape.lowering, shape, this.oneThread).catch((error: unknown) => {
        signal.throwIfAborted();
        this.countCrash(error);
        child = undefined;
        return 0;
      });
      this.spentMs += performance.now() - started;
      const measurement = { ...shape, tokens_per_s: Math.round(rate) };
      this.measured.push(measurement);
      this.options.onMeasured?.(measurement);
    }
    if (child) await this.end(child);
  }

  private get oneThread(): boolean {
    const { provider = 'cpu' } = this.options;
    return provider === 'cpu' && this.layout.threads === 1;
  }

  private get layout(): Pick<Layout, 'children' | 'threads'> {
    const { children, threads } = this.options;
    return chooseLayout(this.layouts ?? []) ?? { children, threads };
  }

  private next(): Shape | null {
    if (this.spentMs > SWEEP_MS) return null;
    return nextShape(this.lowerings, this.lengths, this.measured);
  }

  private get lowerings(): Lowering[] {
    return this.subject.graphs.map(({ lowering }) => lowering);
  }

  private get lengths(): number[] {
    const { maxTokens } = this.subject;
    return lengthsOf(maxTokens).map((length) => paddedLength(length, maxTokens));
  }

  /** A pass that ends its process is too large, unless every one does. */
  private countCrash(error: unknown): void {
    const isCrash = error instanceof HeddleError && CRASHES.has(error.code);
    if (!isCrash || ++this.crashes >= MAX_CRASHES) throw error;
  }

  /** One process for each core against one with as many threads. Empty where there is no choice, or it cannot be made. */
  private async compareLayouts(signal: AbortSignal): Promise<Layout[]> {
    const { children: count, threads, tryLayouts, memoryBytes } = this.options;
    if (!tryLayouts || count === 1) return [];
    const graphs = this.subject.graphs.slice(0, 1);
    try {
      const first = await this.start(threads, graphs, signal);
      if ((await first.memory()) * (count + 1) > memoryBytes()) return [];
      const [together, ...rest] = await Promise.all([
        this.start(count * threads, graphs, signal),
        ...Array.from({ length: count - 1 }, () => this.start(threads, graphs, signal)),
      ]);
      const children = { apart: [first, ...rest], together: [together] };
      return await compareLayouts(children, threads, layoutShapes(this.lowerings[0]!, this.lengths));
    } catch (error) {
      signal.throwIfAborted();
      this.countCrash(error);
      return [];
    } finally {
      await this.endAll();
    }
  }

  private plan(): ExecutionPlan {
    const lowering = chooseLowering(this.lowerings, this.measured);
    const { children, threads } = this.layout;
    return {
      machine: this.options.machine,
      lowering,
      children,
      threads,
      classes: chooseBudgets(lowering, this.measured),
      measured: this.measured,
      layouts: this.layouts ?? [],
      measured_at: new Date().toISOString(),
    };
  }

  /** A process that has opened these graphs, under the names of their lowerings. */
  private async start(
    threads: number,
    graphs: TuningSubject['graphs'],
    signal: AbortSignal,
  ): Promise<InferenceChild> {
    signal.throwIfAborted();
    const child = startChild({ ...this.options, threads });
    this.children.add(child);
    for (const { lowering, path } of graphs) await child.load(lowering, path);
    return child;
  }

  private async endAll(): Promise<void> {
    await Promise.all([...this.children].map((child) => this.end(child)));
  }

  private async end(child: InferenceChild): Promise<void> {
    child.kill();
    await child.exited;
    this.children.delete(child);
  }
}
