import { FairOrder, type Flow, flowKey, SHADOW_RANK } from '@heddle/contracts';
import type { GraphName, Sequence } from '@heddle/deberta';
import { type InLine, Line } from './line.js';

/** A sequence that waits for its forward pass. */
export interface Waiting extends InLine {
  version: string;
  sequence: Sequence;
  /** Tokens that are computed for it: the bound of its length class. */
  tokens: number;
  /** Whose it is. */
  flow: Flow;
  /** Runs without company: it took an engine down before. */
  alone: boolean;
  /** What came earlier has a smaller one; told by the lines. */
  place: number;
}

/** What lines ask of the engines: whether a pass of a graph would begin at once, and whether one engine would stay idle beside it. */
interface Engines {
  canStart: (version: string, graph: GraphName) => boolean;
  hasSpare: () => boolean;
}

/** Sequences that may share a forward pass: one run of one graph answers all, and little is padded. */
interface Kind<Entry extends Waiting> {
  version: string;
  graph: GraphName;
  /** Second runs keep to themselves: they would make the passes of others longer. */
  second: boolean;
  /** By flow; none is empty. */
  lines: Map<string, Line<Entry>>;
}

/**
 * Upper bounds of length classes in tokens. Only sequences of one class share a forward pass, which bounds
 * padding to the ratio of neighbours: 5/4 at most above 16 tokens; with lengths as texts have them (log-normal, median 40)
 * a busy worker pads 4 to 6 %.
 */
const LENGTH_CLASSES = [
  16, 20, 24, 28, 32, 40, 48, 56, 64, 72, 80, 96, 112, 128, 144, 160, 192, 224, 256, 288, 320, 384, 448, 512,
];

/** The bound of a length class; beyond the table, multiples of the last bound. */
export function lengthClassOf({ encoding: { length } }: Sequence): number {
  const last = LENGTH_CLASSES[LENGTH_CLASSES.length - 1]!;
  return LENGTH_CLASSES.find((bound) => length <= bound) ?? Math.ceil(length / last) * last;
}

/** What waits: one line for each flow and kind that has something, first in, first out. */
export class WaitingLines<Entry extends Waiting> {
  private readonly kinds = new Map<string, Kind<Entry>>();
  private places = { first: 0, last: 0 };

  add(entry: Entry): void {
    entry.place = ++this.places.last;
    this.lineOf(entry).push(entry);
  }

  /** Before everything else of its flow. */
  addFirst(entry: Entry): void {
    entry.place = --this.places.first;
    this.lineOf(entry).unshift(entry);
  }

  /** Nothing happens to one that does not wait. */
  remove(entry: Entry): void {
    if (!entry.isWaiting) return;
    const line = this.lineOf(entry);
    line.leave(entry);
    this.forgetIfEmpty(entry, line);
  }

  /** Empties the lines; what was in them. */
  clear(): Entry[] {
    const all = [...this.kinds.values()].flatMap(({ lines }) =>
      [...lines.values()].flatMap((line) => [...line]),
    );
    for (const entry of all) entry.isWaiting = false;
    this.kinds.clear();
    return all;
  }

  /** Versions that something waits for. */
  versions(): Set<string> {
    return new Set([...this.kinds.values()].map(({ version }) => version));
  }

  /** Of the flow whose turn it is, the first that can start; flows of which none can are passed over. */
  first(order: FairOrder, engines: Engines): Entry | undefined {
    const firsts = new Map<string, Flow & { entry: Entry }>();
    for (const { version, graph, second, lines } of this.kinds.values()) {
      if (!engines.canStart(version, graph) || (second && !engines.hasSpare())) continue;
      for (const [key, line] of lines) {
        const entry = line.first();
        const other = firsts.get(key)?.entry;
        if (!other || entry.place < other.place)
          firsts.set(key, { priority: line.priority, tenantId: line.tenantId, entry });
      }
    }
    const oldestFirst = [...firsts.values()].sort((a, b) => a.entry.place - b.entry.place);
    return order.first(oldestFirst)?.entry;
  }

  /**
   * Takes `leader`, the first of its line, and those that may share a pass with it, as long as `admits` lets the next one
   * in, in an order that is fair within the pass: the next one is of the flow that has had least of it.
   */
  take(leader: Entry, admits: (next: Entry, taken: number) => boolean): Entry[] {
    const order = new FairOrder();
    const { lines } = this.kinds.get(kindOf(leader))!;
    const taken: Entry[] = [];
    let line: Line<Entry> | null = lines.get(flowKey(leader.flow))!;
    do {
      const entry = line.shift();
      taken.push(entry);
      order.serve(entry.flow, entry.tokens);
      this.forgetIfEmpty(entry, line);
      line = order.first(lines.values());
    } while (line && admits(line.first(), taken.length));
    return taken;
  }

  private lineOf(entry: Entry): Line<Entry> {
    const { version, flow, sequence } = entry;
    const lines = getOrAdd(this.kinds, kindOf(entry), () => ({
      version,
      graph: sequence.graph,
      second: isSecond(flow),
      lines: new Map<string, Line<Entry>>(),
    })).lines;
    return getOrAdd(lines, flowKey(flow), () => new Line<Entry>(flow));
  }

  private forgetIfEmpty(entry: Entry, line: Line<Entry>): void {
    if (!line.isEmpty) return;
    const key = kindOf(entry);
    const { lines } = this.kinds.get(key)!;
    lines.delete(flowKey(entry.flow));
    if (lines.size === 0) this.kinds.delete(key);
  }
}

/** Name of what may share a forward pass. */
export function kindOf({ version, sequence, tokens, alone, flow }: Waiting): string {
  return `${version}/${sequence.graph}/${sequence.outputs.join()}/${tokens}/${alone}/${isSecond(flow)}`;
}

/** Whether a flow is one of second runs of jobs, which nobody waits for. */
export function isSecond({ priority }: Flow): boolean {
  return priority === SHADOW_RANK;
}

function getOrAdd<Value>(map: Map<string, Value>, key: string, create: () => Value): Value {
  const existing = map.get(key);
  if (existing) return existing;
  const value = create();
  map.set(key, value);
  return value;
}
