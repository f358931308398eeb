import { checkItems } from '@heddle/contracts';
import type { Example } from '@heddle/evaluation';
import type { ClaimedEvaluation, FedExamples } from '@heddle/store';
import type { Resources } from '../resources.js';
import { openDataset } from './dataset.js';
import { type CostedItem, jobsOf } from './make-jobs.js';
import { type Turn, Turns } from './turn.js';

/** What is made into jobs at once: examples, characters of them as JSON, and their estimated tokens. */
const WINDOW = { examples: 4_096, chars: 1024 * 1024, cost: 65_536 };
/** Data sets that are kept open between two looks at their evaluations. */
const MOST_OPEN = 8;
/** One that is not read on for so long is of an evaluation that others work on, or that has ended. */
const IDLE_MS = 60_000;

/** A data set at the place where its next jobs begin. */
class Reader {
  private constructor(
    private readonly evaluation: ClaimedEvaluation,
    private readonly examples: AsyncGenerator<Example>,
    private count: number,
    private readonly stopped: AbortController,
  ) {}

  static async open(
    resources: Pick<Resources, 'artifacts'>,
    evaluation: ClaimedEvaluation,
    signal: AbortSignal,
    turn: Turn,
  ): Promise<Reader> {
    const stopped = new AbortController();
    const open = () => openDataset(resources, evaluation, stopped.signal, turn, evaluation.fed);
    const { examples } = await linked(signal, stopped, open);
    return new Reader(evaluation, examples, evaluation.fed, stopped);
  }

  /** What `work` gives, which reads; `signal` ends the reading for as long, and has no say afterwards. */
  async reading<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    return linked(signal, this.stopped, work);
  }

  /** Reads over what was made into jobs already. */
  async skipTo(count: number): Promise<void> {
    while (this.count < count && (await this.next()));
  }

  /** When it was read last. */
  usedAt = performance.now();

  get at(): number {
    return this.count;
  }

  /** The next examples, as jobs. Empty at the end. */
  async window(): Promise<FedExamples> {
    const { task, parameters, manifest } = this.evaluation;
    const items: FedExamples['items'] = [];
    const costed: CostedItem[] = [];
    let [cost, chars] = [0, 0];
    while (items.length < WINDOW.examples && cost < WINDOW.cost && chars < WINDOW.chars) {
      const example = await this.next();
      if (!example) break;
      const { index: place, input, line, expected, group = null, slice = null } = example;
      const json = JSON.stringify(input);
      const own = checkItems(task, [input], parameters, manifest);
      items.push({ place, line, expected, group, slice });
      costed.push({ place, json, cost: own });
      cost += own;
      // What is expected may be one long text that a small file names for all its examples.
      chars += json.length + JSON.stringify({ expected, group, slice }).length;
    }
    return { items, jobs: jobsOf(costed), fed: this.count };
  }

  async close(): Promise<void> {
    await this.examples.return(undefined);
  }

  private async next(): Promise<Example | null> {
    const { value, done } = await this.examples.next();
    if (done) return null;
    this.count++;
    return value;
  }
}

/** A data set outlives the step that opened it: it hears of a step's end only during that step. */
async function linked<T>(signal: AbortSignal, stopped: AbortController, work: () => Promise<T>): Promise<T> {
  signal.throwIfAborted();
  const stop = () => stopped.abort(signal.reason);
  signal.addEventListener('abort', stop);
  try {
    return await work();
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/**
 * Data sets of the evaluations that this dispatcher has worked on last. One that is open is read on, up to where its evaluation is by
 * now; any other is read from its beginning once more: few formats can be read from the middle.
 */
export class Readers {
  private readonly open = new Map<string, Reader>();

  constructor(
    private readonly resources: Pick<Resources, 'artifacts'>,
    readonly turns = new Turns(),
  ) {}

  async nextWindow(
    evaluation: ClaimedEvaluation,
    signal: AbortSignal,
    keep: (examples: FedExamples) => Promise<void>,
  ): Promise<FedExamples> {
    const { id } = evaluation;
    const kept = this.open.get(id);
    this.open.delete(id);
    const isThere = kept !== undefined && kept.at <= evaluation.fed;
    if (kept && !isThere) await kept.close();
    const reader =
      kept && isThere ? kept : await Reader.open(this.resources, evaluation, signal, this.turns.wholeFiles);
    try {
      const examples = await reader.reading(signal, async () => {
        await reader.skipTo(evaluation.fed);
        return reader.window();
      });
      if (examples.items.length > 0) await keep(examples);
      reader.usedAt = performance.now();
      await this.forget(id);
      this.open.set(id, reader);
      await this.closeMost(MOST_OPEN);
      return examples;
    } catch (error) {
      await reader.close();
      throw error;
    }
  }

  async forget(id: string): Promise<void> {
    const reader = this.open.get(id);
    this.open.delete(id);
    await reader?.close();
  }

  /** And that of an evaluation that holds a whole file, while another one waits to have its own. */
  async closeIdle(): Promise<void> {
    const since = performance.now() - IDLE_MS;
    for (const [id, { usedAt }] of [...this.open])
      if (usedAt < since || this.turns.wholeFiles.isOver(id)) await this.forget(id);
  }

  close(): Promise<void> {
    return this.closeMost(0);
  }

  /** Those that were used last stay. */
  private async closeMost(left: number): Promise<void> {
    for (const id of [...this.open.keys()].slice(0, Math.max(0, this.open.size - left)))
      await this.forget(id);
  }
}
