import type { Flow } from '@heddle/contracts';

/** What a line holds. */
export interface InLine {
  /** Whether it is in a line; told by the line. */
  isWaiting: boolean;
}

/** What waits of one flow, first in, first out. Who leaves is only marked: thousands that leave cost no search each. */
export class Line<Entry extends InLine> implements Flow {
  readonly priority: number;
  readonly tenantId: string;
  private entries: Entry[] = [];
  /** Index of the first that may still wait; none before it does. */
  private start = 0;
  /** Entries that do not wait any more. */
  private gone = 0;

  constructor({ priority, tenantId }: Flow) {
    this.priority = priority;
    this.tenantId = tenantId;
  }

  get isEmpty(): boolean {
    return this.gone === this.entries.length;
  }

  push(entry: Entry): void {
    entry.isWaiting = true;
    this.entries.push(entry);
  }

  unshift(entry: Entry): void {
    this.sweep();
    entry.isWaiting = true;
    this.entries.unshift(entry);
  }

  /** The first; the line must not be empty. */
  first(): Entry {
    while (!this.entries[this.start]!.isWaiting) this.start++;
    return this.entries[this.start]!;
  }

  /** Takes the first out of the line, which must not be empty. */
  shift(): Entry {
    const entry = this.first();
    this.start++;
    this.leave(entry);
    return entry;
  }

  /** Takes one that waits in this line out of it. */
  leave(entry: Entry): void {
    entry.isWaiting = false;
    this.gone++;
    // So the work is a constant for each that leaves.
    if (this.gone * 2 > this.entries.length) this.sweep();
  }

  *[Symbol.iterator](): Iterator<Entry> {
    for (const entry of this.entries.slice(this.start)) if (entry.isWaiting) yield entry;
  }

  private sweep(): void {
    this.entries = [...this];
    this.start = 0;
    this.gone = 0;
  }
}
