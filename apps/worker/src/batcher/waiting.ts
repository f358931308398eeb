import { FairOrder, type Flow, flowKey } from '@heddle/contracts';
import type { Sequence } from '@heddle/deberta';

/** A sequence that waits for its forward pass. */
export interface Waiting {
  version: string;
  sequence: Sequence;
  /** Tokens that are computed for it: the bound of its length class. */
  tokens: number;
  /** Whose it is. */
  flow: Flow;
  /** Runs without company: it took an engine down before. */
  alone: boolean;
  /** Milliseconds of `performance.now()`. */
  since: number;
}

interface Line<Entry> extends Flow {
  entries: Entry[];
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

/** Whether two may share a forward pass: one run of one graph answers both, and little is padded. */
export function mayShare(a: Waiting, b: Waiting): boolean {
  if (a.alone || b.alone || a.version !== b.version || a.tokens !== b.tokens) return false;
  const { graph, outputs } = a.sequence;
  const other = b.sequence;
  return graph === other.graph && (outputs === other.outputs || outputs.join() === other.outputs.join());
}

/** What waits: one line for each flow that has something, first in, first out. */
export class WaitingLines<Entry extends Waiting> {
  private readonly lines = new Map<string, Line<Entry>>();

  add(entry: Entry): void {
    this.lineOf(entry).entries.push(entry);
  }

  /** Before everything else of its flow. */
  addFirst(entry: Entry): void {
    this.lineOf(entry).entries.unshift(entry);
  }

  remove(entries: Entry[]): void {
    const gone = new Set(entries);
    for (const key of new Set(entries.map(({ flow }) => flowKey(flow)))) {
      const line = this.lines.get(key);
      if (!line) continue;
      line.entries = line.entries.filter((entry) => !gone.has(entry));
      if (line.entries.length === 0) this.lines.delete(key);
    }
  }

  /** Empties the lines; what was in them. */
  clear(): Entry[] {
    const all = [...this.all()];
    this.lines.clear();
    return all;
  }

  *all(): Iterable<Entry> {
    for (const { entries } of this.lines.values()) yield* entries;
  }

  /** The first of the flow whose turn it is. */
  first(order: FairOrder): Entry | undefined {
    return order.first(this.lines.values())?.entries[0];
  }

  /** Since when the one that has waited longest waits. */
  get oldestSince(): number {
    let oldest = Number.POSITIVE_INFINITY;
    for (const { entries } of this.lines.values()) oldest = Math.min(oldest, entries[0]!.since);
    return oldest;
  }

  /**
   * Those that may share a pass with `leader`, in an order that is fair within the pass: the next one is of the flow
   * that has had least of it.
   */
  *companyOf(leader: Entry): Iterable<Entry> {
    const order = new FairOrder();
    order.serve(leader.flow, leader.tokens);
    const lines = new Set<Line<Entry> & { next: number }>();
    for (const { priority, tenantId, entries } of this.lines.values()) {
      const next = indexOfCompany(entries, leader, 0);
      if (next < entries.length) lines.add({ priority, tenantId, entries, next });
    }
    for (;;) {
      const line = order.first(lines);
      if (!line) return;
      const entry = line.entries[line.next]!;
      order.serve(entry.flow, entry.tokens);
      yield entry;
      line.next = indexOfCompany(line.entries, leader, line.next + 1);
      if (line.next === line.entries.length) lines.delete(line);
    }
  }

  private lineOf({ flow }: Entry): Line<Entry> {
    const key = flowKey(flow);
    const existing = this.lines.get(key);
    if (existing) return existing;
    const line = { priority: flow.priority, tenantId: flow.tenantId, entries: [] };
    this.lines.set(key, line);
    return line;
  }
}

/** Index, from `from` on, of the next that may share a pass with `leader`; the length when there is none. */
function indexOfCompany<Entry extends Waiting>(entries: Entry[], leader: Entry, from: number): number {
  let index = from;
  while (index < entries.length) {
    const entry = entries[index]!;
    if (entry !== leader && mayShare(entry, leader)) break;
    index++;
  }
  return index;
}
