/**
 * `turn`: an evaluation whose turn has lasted so long gives way to another one that waits for it. `patience`: one that waits asks
 * again sooner; where it does not, it has ended, or is another dispatcher's.
 */
const TIMES_MS = { turn: 30_000, patience: 5_000 };

/** Thrown where it is another evaluation's turn: to be tried again soon. */
export class Busy extends Error {}

/**
 * What one evaluation at a time does in this process. Who finds it taken comes again, and the first that did so is the next, so that
 * none waits for ever behind others that are quicker.
 */
export class Turn {
  private holder: { id: string; since: number } | null = null;
  private next: { id: string; at: number } | null = null;

  constructor(private readonly timesMs = TIMES_MS) {}

  /** Takes the turn; the function returned gives it back. Throws `Busy`. */
  take(id: string): () => void {
    const now = performance.now();
    if (this.next && now - this.next.at > this.timesMs.patience) this.next = null;
    if (this.holder || (this.next && this.next.id !== id)) {
      if (this.holder?.id !== id) this.next ??= { id, at: now };
      if (this.next?.id === id) this.next.at = now;
      throw new Busy('it is another evaluation’s turn');
    }
    this.next = null;
    const own = { id, since: now };
    this.holder = own;
    return () => {
      if (this.holder === own) this.holder = null;
    };
  }

  /** Whether the turn is this evaluation's, and has lasted long enough while another one waits. */
  isOver(id: string): boolean {
    if (this.holder?.id !== id || !this.next) return false;
    const now = performance.now();
    return now - this.holder.since >= this.timesMs.turn && now - this.next.at <= this.timesMs.patience;
  }
}

/** What evaluations do one after the other in a dispatcher, because each takes a process of its own with a gigabyte of memory. */
export class Turns {
  readonly wholeFiles = new Turn();
  readonly reports = new Turn();
}
