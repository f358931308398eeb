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
import { type ChildOptions, rateOf, rateTogether, startChild } from './passes.js';
import { lengthsOf, nextShape, type Shape } from './shapes.js';

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
  /** Bytes that inference processes may take for it. */
  memoryBytes: number;
  onMeasured?: (measured: Measurement) => void;
}

/** Longest that shapes are measured, whatever is left to try. */
const SWEEP_MS = 20_000;
/** How long a layout is at work for each length, in each round. */
const LAYOUT_MS = 250;
const LAYOUT_ROUNDS = 3;
/** Share of the time that a process is at work when it has a core of its own. */
const UNDISTURBED = 0.75;
/** Comparisons that may be lost to other processes before layouts are given up. */
const MAX_DISTURBED = 1;
/** Lengths that layouts are compared at: most texts are as short, most tokens in texts as long. */
const LAYOUT_LENGTHS = [32, 128];
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
      await this.sweep(signal);
      this.layouts ??= await this.compareLayouts(signal);
      return this.plan();
    } catch (error) {
      throw signal.aborted ? signal.reason : error;
    } finally {
      signal.removeEventListener('abort', kill);
      await Promise.all([...this.children].map((child) => this.end(child)));
    }
  }

  private async sweep(signal: AbortSignal): Promise<void> {
    let child: InferenceChild | undefined;
    for (let shape = this.next(); shape; shape = this.next()) {
      signal.throwIfAborted();
      child ??= await this.start(this.options.threads, this.subject.graphs, signal);
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
    const { provider = 'cpu', threads } = this.options;
    return provider === 'cpu' && threads === 1;
  }

  private next(): Shape | null {
    if (this.spentMs > SWEEP_MS) return null;
    const { graphs, maxTokens } = this.subject;
    const lengths = lengthsOf(maxTokens).map((length) => paddedLength(length, maxTokens));
    return nextShape(
      graphs.map(({ lowering }) => lowering),
      lengths,
      this.measured,
    );
  }

  /** A pass that ends its process is too large, unless every one does. */
  private countCrash(error: unknown): void {
    const isCrash = error instanceof HeddleError && CRASHES.has(error.code);
    if (!isCrash || ++this.crashes >= MAX_CRASHES) throw error;
  }

  /** One process for each core against one with as many threads, in turn: what else runs meets both. */
  private async compareLayouts(signal: AbortSignal): Promise<Layout[]> {
    const { children: count, threads, tryLayouts, memoryBytes } = this.options;
    if (!tryLayouts || count === 1) return [];
    const lowering = this.lowering();
    const graphs = this.subject.graphs.filter((graph) => graph.lowering === lowering);
    const first = await this.start(threads, graphs, signal);
    if ((await first.memory()) * (count + 1) > memoryBytes) return [];
    const rest = Array.from({ length: count - 1 }, () => this.start(threads, graphs, signal));
    const apart = [first, ...(await Promise.all(rest))];
    const together = [await this.start(count * threads, graphs, signal)];
    const shapes = this.layoutShapes(lowering);
    const rates = await bestRates({ apart, together }, shapes);
    if (rates === null) return [];
    return [
      { children: count, threads, tokens_per_s: mean(rates.apart) },
      { children: 1, threads: count * threads, tokens_per_s: mean(rates.together) },
    ];
  }

  private layoutShapes(lowering: Lowering): Shape[] {
    const classes = chooseBudgets(lowering, this.measured);
    const tried = classes.filter(({ length }) => LAYOUT_LENGTHS.includes(length));
    return (tried.length > 0 ? tried : classes.slice(-1)).map(({ length, tokens }) => {
      return { lowering, length, sequences: tokens / length };
    });
  }

  private lowering(): Lowering {
    return chooseLowering(
      this.subject.graphs.map(({ lowering }) => lowering),
      this.measured,
    );
  }

  private plan(): ExecutionPlan {
    const { machine, children, threads } = this.options;
    const lowering = this.lowering();
    const layouts = this.layouts ?? [];
    const layout = chooseLayout(layouts) ?? { children, threads };
    return {
      machine,
      lowering,
      children: layout.children,
      threads: layout.threads,
      classes: chooseBudgets(lowering, this.measured),
      measured: this.measured,
      layouts,
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

  private async end(child: InferenceChild): Promise<void> {
    child.kill();
    await child.exited;
    this.children.delete(child);
  }
}

/**
 * For both the best rate with each shape; null where other processes had the cores meanwhile. Time passes for those too,
 * so only comparisons count in which the processes with a thread each were at work.
 */
async function bestRates(
  { apart, together }: Record<'apart' | 'together', InferenceChild[]>,
  shapes: Shape[],
): Promise<Record<'apart' | 'together', number[]> | null> {
  let disturbed = 0;
  const best = { apart: shapes.map(() => 0), together: shapes.map(() => 0) };
  for (let round = 0; round < LAYOUT_ROUNDS; round++) {
    for (const [i, shape] of shapes.entries()) {
      const first = await rateTogether(apart, shape.lowering, shape, LAYOUT_MS);
      if (first.share < UNDISTURBED) {
        if (++disturbed > MAX_DISTURBED) return null;
        continue;
      }
      const second = await rateTogether(together, shape.lowering, shape, LAYOUT_MS);
      best.apart[i] = Math.max(best.apart[i]!, first.tokensPerS);
      best.together[i] = Math.max(best.together[i]!, second.tokensPerS);
    }
  }
  return best.apart.includes(0) ? null : best;
}

/** As many tokens at each of these rates. */
function mean(rates: number[]): number {
  return Math.round(rates.length / rates.reduce((sum, rate) => sum + 1 / rate, 0));
}
