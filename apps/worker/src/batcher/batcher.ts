import type { ForwardRow, Sequence } from '@heddle/deberta';

/** Outputs of one sequence, padding cut off. */
export interface Row {
  outputs: ForwardRow;
  /** False when a number of theirs is NaN or infinite. */
  finite: boolean;
}

/** What a forward pass answers for its sequences, in their order. */
export interface ForwardPass {
  rows: Row[];
  inferenceMs: number;
  /** Sequence length every row was padded to. */
  paddedLength: number;
}

/** One sequence's share of a forward pass. */
export interface Answer {
  row: Row;
  inferenceMs: number;
  paddedLength: number;
}

export interface BatcherOptions {
  /** Computed tokens (longest sequence × sequences) of one forward pass at most. */
  maxTokens: number;
  /** Longest a sequence waits for company although an engine is idle, in milliseconds. */
  delayMs: number;
  /** Engines there are, busy ones counted. */
  engines: () => number;
  /** The sequences ask one graph for the same outputs. */
  run: (version: string, sequences: Sequence[]) => Promise<ForwardPass>;
  /** Whether an error concerns every sequence of the pass alike; after others each is tried alone. */
  endsAttempt: (error: unknown) => boolean;
}

interface Waiting {
  version: string;
  sequence: Sequence;
  /** Runs without company: it took an engine down before. */
  alone: boolean;
  signal: AbortSignal;
  since: number;
  resolve: (answer: Answer) => void;
  reject: (error: unknown) => void;
}

/**
 * Upper bounds of length classes in tokens. Only sequences of one class share a forward pass, which bounds
 * padding to the ratio of neighbours (4/3 at most above 16 tokens).
 */
const LENGTH_CLASSES = [16, 24, 32, 40, 48, 64, 80, 96, 128, 160, 192, 256, 320, 384, 512];

/** Bytes that one forward pass may answer: they cross from the inference child to this process in one message. */
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

/**
 * Forms forward passes from sequences: the oldest waiting one chooses version, graph and length class, others of
 * its kind join in order of arrival up to the token budget. A pass starts when its budget is full, when its
 * oldest sequence has waited `delayMs`, and never before an engine is idle. A failed pass is run again sequence
 * by sequence, so that one bad sequence never fails its neighbours.
 */
export class Batcher {
  private waiting: Waiting[] = [];
  private timer: NodeJS.Timeout | undefined;
  private running = 0;
  private closed: Error | undefined;

  constructor(private readonly options: BatcherOptions) {}

  /** Rejects with the engine's error, or with the signal's reason when the caller leaves first. */
  submit(
    version: string,
    sequence: Sequence,
    options: { alone: boolean; signal: AbortSignal },
  ): Promise<Answer> {
    const { signal } = options;
    return new Promise((resolve, reject) => {
      if (this.closed ?? signal.aborted) {
        reject(this.closed ?? signal.reason);
        return;
      }
      const leave = () => this.leave(entry);
      // A job may have thousands of sequences on one signal: none keeps its own after it was answered.
      const settled = <T>(settle: (value: T) => void) => {
        return (value: T) => {
          signal.removeEventListener('abort', leave);
          settle(value);
        };
      };
      const entry: Waiting = {
        version,
        sequence,
        ...options,
        since: performance.now(),
        resolve: settled(resolve),
        reject: settled(reject),
      };
      this.waiting.push(entry);
      signal.addEventListener('abort', leave);
      this.pump();
    });
  }

  /** Rejects what waits with `reason`, and whatever is submitted later; forward passes under way go on. */
  close(reason: Error): void {
    this.closed = reason;
    for (const entry of this.waiting.splice(0)) entry.reject(reason);
  }

  /** Looks again: an engine has become idle. */
  pump(): void {
    while (this.waiting.length > 0 && this.options.engines() > this.running) {
      const { pass, full } = this.nextPass();
      const oldest = pass[0]!;
      const waitedMs = performance.now() - oldest.since;
      if (!full && waitedMs < this.options.delayMs) {
        this.timer ??= setTimeout(() => {
          this.timer = undefined;
          this.pump();
        }, this.options.delayMs - waitedMs);
        return;
      }
      this.start(pass);
    }
  }

  private start(pass: Waiting[]): void {
    const members = new Set(pass);
    this.waiting = this.waiting.filter((entry) => !members.has(entry));
    this.running++;
    this.execute(pass).finally(() => {
      this.running--;
      this.pump();
    });
  }

  private async execute(pass: Waiting[]): Promise<void> {
    try {
      const { rows, inferenceMs, paddedLength } = await this.options.run(
        pass[0]!.version,
        pass.map((entry) => entry.sequence),
      );
      for (const [i, entry] of pass.entries()) entry.resolve({ row: rows[i]!, inferenceMs, paddedLength });
    } catch (error) {
      if (pass.length === 1 || this.options.endsAttempt(error)) for (const entry of pass) entry.reject(error);
      else this.retryAlone(pass);
    }
  }

  /** `full`: nothing more would fit the pass. */
  private nextPass(): { pass: Waiting[]; full: boolean } {
    const oldest = this.waiting[0]!;
    if (oldest.alone) return { pass: [oldest], full: true };
    const limit = this.capacity(oldest);
    const pass: Waiting[] = [];
    let bytes = 0;
    for (const entry of this.waiting) {
      if (entry.alone || !isSameQuestion(entry, oldest) || classOf(entry) !== classOf(oldest)) continue;
      bytes += entry.sequence.outputBytes ?? 0;
      if (pass.length > 0 && bytes > MAX_OUTPUT_BYTES) return { pass, full: true };
      pass.push(entry);
      if (pass.length === limit) return { pass, full: true };
    }
    return { pass, full: false };
  }

  /** Sequences of this one's length class that fit a forward pass; one always does. */
  private capacity(entry: Waiting): number {
    return Math.max(1, Math.floor(this.options.maxTokens / classOf(entry)));
  }

  private retryAlone(pass: Waiting[]): void {
    const reason = this.closed;
    for (const entry of pass.toReversed()) {
      entry.alone = true;
      if (reason) entry.reject(reason);
      else if (entry.signal.aborted) entry.reject(entry.signal.reason);
      else this.waiting.unshift(entry);
    }
  }

  /** A caller who leaves takes a waiting sequence along; one that runs ends unheard. */
  private leave(entry: Waiting): void {
    const index = this.waiting.indexOf(entry);
    if (index >= 0) this.waiting.splice(index, 1);
    entry.reject(entry.signal.reason);
  }
}

/** Only what one run of one graph answers may share a forward pass. */
function isSameQuestion(a: Waiting, b: Waiting): boolean {
  const { graph, outputs } = a.sequence;
  const other = b.sequence;
  return (
    a.version === b.version &&
    graph === other.graph &&
    (outputs === other.outputs || outputs.join() === other.outputs.join())
  );
}

/** The bound of a sequence's length class; beyond the table, multiples of the last bound. */
function classOf(entry: Waiting): number {
  const { length } = entry.sequence.encoding;
  const last = LENGTH_CLASSES[LENGTH_CLASSES.length - 1]!;
  return LENGTH_CLASSES.find((bound) => length <= bound) ?? Math.ceil(length / last) * last;
}
