import { FairOrder } from '@heddle/contracts';
import type { ForwardRow, GraphName, Sequence } from '@heddle/deberta';
import { PassLength } from './pass-length.js';
import { isSecond, kindOf, lengthClassOf, type Waiting, WaitingLines } from './waiting.js';

/** Outputs of one sequence, padding cut off. */
export interface Row {
  outputs: ForwardRow;
  /** False when a number of theirs is NaN or infinite. */
  finite: boolean;
}

/** What a forward pass answers for its sequences, in their order. */
export interface ForwardPass {
  /** Cuts the answers apart: the next pass starts before. */
  rows: () => Row[];
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
  /** Computed tokens (longest sequence × sequences) of one forward pass at most, for a length class of a version. */
  budget: (version: string, lengthClass: number) => number;
  /** Milliseconds that a forward pass takes at most while tenants compete, if its first sequence does not take longer; 0 is no limit. */
  competingPassMs: number;
  /** Whether a forward pass of this graph would begin at once; a call of `run` counts from when it is made. */
  canStart: (version: string, graph: GraphName) => boolean;
  /** Whether an engine stays idle when one more begins a pass, or there is only one: second runs take no more. */
  hasSpare: () => boolean;
  /** The sequences ask one graph for the same outputs. */
  run: (version: string, sequences: Sequence[]) => Promise<ForwardPass>;
  /** Whether an error concerns every sequence of the pass alike; after others each is tried alone. */
  endsAttempt: (error: unknown) => boolean;
}

export interface SubmitOptions extends Pick<Waiting, 'flow' | 'alone'> {
  /** Ends the wait. */
  signal: AbortSignal;
}

interface Submitted extends Waiting {
  signal: AbortSignal;
  resolve: (answer: Answer) => void;
  reject: (error: unknown) => void;
}

/** Bytes that one forward pass may answer: they cross from the inference child to this process in one message. */
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

/**
 * Forms forward passes from sequences: the flow whose turn it is chooses version, graph and length class with its
 * oldest sequence, others of that kind join in fair order up to the token budget, whosever they are. The flow that
 * leads is charged for the whole pass: were company charged, whoever comes along often would be in debt for turns it
 * never had, and those of its priority with it. While tenants compete passes are short, and those of second runs are so always. A pass starts as soon as an engine can begin it, and no sooner: company
 * gathers while engines are busy, and what comes in one turn of the event loop goes together. A failed pass is run again
 * sequence by sequence, so that one bad sequence never fails its neighbours.
 */
export class Batcher {
  private readonly waiting = new WaitingLines<Submitted>();
  private readonly order = new FairOrder();
  private readonly passLength: PassLength;
  /** Whether this turn of the event loop ends with a look for passes. */
  private scheduled = false;
  private closed: Error | undefined;

  constructor(private readonly options: BatcherOptions) {
    this.passLength = new PassLength(options.competingPassMs);
  }

  /** Rejects with the engine's error, or with the signal's reason when the caller leaves first. */
  submit(version: string, sequence: Sequence, options: SubmitOptions): Promise<Answer> {
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
      const entry: Submitted = {
        version,
        sequence,
        tokens: lengthClassOf(sequence),
        ...options,
        isWaiting: false,
        place: 0,
        resolve: settled(resolve),
        reject: settled(reject),
      };
      this.passLength.saw(entry.flow.tenantId);
      this.waiting.add(entry);
      signal.addEventListener('abort', leave);
      this.schedule();
    });
  }

  /** Rejects what waits with `reason`, and whatever is submitted later; forward passes under way go on. */
  close(reason: Error): void {
    this.closed = reason;
    for (const entry of this.waiting.clear()) entry.reject(reason);
  }

  /** Versions that something waits for. */
  waitingVersions(): Set<string> {
    return this.waiting.versions();
  }

  /** Starts what can start: an engine has become idle. */
  pump(): void {
    for (;;) {
      const leader = this.waiting.first(this.order, this.options);
      if (!leader) return;
      this.start(this.takePass(leader));
    }
  }

  private schedule(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    setImmediate(() => {
      this.scheduled = false;
      this.pump();
    });
  }

  private start(pass: Submitted[]): void {
    void this.execute(pass).catch((error: unknown) => {
      if (pass.length === 1 || this.options.endsAttempt(error)) for (const entry of pass) entry.reject(error);
      else this.retryAlone(pass);
      this.pump();
    });
  }

  private async execute(pass: Submitted[]): Promise<void> {
    const sequences = pass.map((entry) => entry.sequence);
    const { rows, inferenceMs, paddedLength } = await this.options.run(pass[0]!.version, sequences);
    this.passLength.measured(kindOf(pass[0]!), pass.length * paddedLength, inferenceMs);
    // Answers lead to decoding, and that to more work of this turn of the event loop: the engine goes first.
    this.pump();
    for (const [i, row] of rows().entries()) pass[i]!.resolve({ row, inferenceMs, paddedLength });
  }

  /** Takes a sequence and its company out of what waits, and charges the sequence's flow for all of them. */
  private takePass(leader: Submitted): Submitted[] {
    const limit = this.capacity(leader);
    let bytes = bytesOf(leader);
    const pass = this.waiting.take(leader, (next, taken) => {
      bytes += bytesOf(next);
      return taken < limit && bytes <= MAX_OUTPUT_BYTES;
    });
    this.order.serve(leader.flow, leader.tokens * pass.length);
    return pass;
  }

  /** Sequences that fit a forward pass with this one, itself included. */
  private capacity(leader: Submitted): number {
    const { alone, version, tokens, flow } = leader;
    const budget = this.passLength.within(
      this.options.budget(version, tokens),
      kindOf(leader),
      isSecond(flow),
    );
    return alone ? 1 : Math.max(1, Math.floor(budget / tokens));
  }

  private retryAlone(pass: Submitted[]): void {
    const reason = this.closed;
    for (const entry of pass.toReversed()) {
      entry.alone = true;
      if (reason) entry.reject(reason);
      else if (entry.signal.aborted) entry.reject(entry.signal.reason);
      else this.waiting.addFirst(entry);
    }
  }

  /** A caller who leaves takes a waiting sequence along; one that runs ends unheard. */
  private leave(entry: Submitted): void {
    this.waiting.remove(entry);
    entry.reject(entry.signal.reason);
  }
}

function bytesOf({ sequence }: Waiting): number {
  return sequence.outputBytes ?? 0;
}
