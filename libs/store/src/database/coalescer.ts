interface Entry<Input, Output> {
  input: Input;
  resolve: (output: Output) => void;
  reject: (error: unknown) => void;
}

interface CoalescerOptions<Input> {
  /** Calls under way at once at most; 1 when absent. Whoever comes during one does not wait for its end. */
  calls?: number;
  /** Whether an error may be the fault of one input: then each of the call is tried alone. Never when absent. */
  mayBeOnes?: (error: unknown) => boolean;
  /** What inputs of one call weigh together at most; one alone may weigh more. No limit when absent. */
  weight?: { of: (input: Input) => number; most: number };
  /** Told when no call is under way any more and nothing waits for one. */
  onIdle?: () => void;
}

/**
 * Turns calls for one thing into calls for many: what arrives while calls are under way leaves together with
 * the next one. So the number of SQL statements follows the database's pace, not the number of jobs.
 */
export class Coalescer<Input, Output> {
  private waiting: Entry<Input, Output>[] = [];
  private running = 0;

  constructor(
    /** Answers inputs in their order. */
    private readonly work: (inputs: Input[]) => Promise<Output[]>,
    /** Inputs of one call at most. */
    private readonly limit: number,
    private readonly options: CoalescerOptions<Input> = {},
  ) {}

  get isIdle(): boolean {
    return this.running + this.waiting.length === 0;
  }

  run(input: Input): Promise<Output> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ input, resolve, reject });
      // Everything that the present event leads to joins the first call; a lone one waits for no other event.
      if (this.hasRoom) process.nextTick(() => void this.drain());
    });
  }

  private async drain(): Promise<void> {
    if (!this.hasRoom) return;
    this.running++;
    while (this.waiting.length > 0) await this.answer(this.waiting.splice(0, this.next()));
    this.running--;
    if (this.isIdle) this.options.onIdle?.();
  }

  private get hasRoom(): boolean {
    return this.running < (this.options.calls ?? 1);
  }

  /** How many of those that wait are of the next call. */
  private next(): number {
    const most = Math.min(this.limit, this.waiting.length);
    const { weight } = this.options;
    if (!weight) return most;
    let sum = weight.of(this.waiting[0]!.input);
    for (let count = 1; count < most; count++) {
      sum += weight.of(this.waiting[count]!.input);
      if (sum > weight.most) return count;
    }
    return most;
  }

  private async answer(group: Entry<Input, Output>[]): Promise<void> {
    try {
      const outputs = await this.work(group.map((entry) => entry.input));
      for (const [i, entry] of group.entries()) entry.resolve(outputs[i]!);
    } catch (error) {
      if (group.length > 1 && this.options.mayBeOnes?.(error))
        for (const entry of group) await this.answer([entry]);
      else for (const entry of group) entry.reject(error);
    }
  }
}

/** A coalescer for each key: inputs of different keys never share a call, nor wait for one another's. */
export class KeyedCoalescer<Input, Output> {
  private readonly byKey = new Map<string, Coalescer<Input, Output>>();

  /** The parameters are those of each coalescer. */
  constructor(
    private readonly work: (inputs: Input[]) => Promise<Output[]>,
    private readonly limit: number,
    private readonly options: Omit<CoalescerOptions<Input>, 'onIdle'> = {},
  ) {}

  /** Keys that something is under way for. */
  get size(): number {
    return this.byKey.size;
  }

  run(key: string, input: Input): Promise<Output> {
    const coalescer = this.byKey.get(key) ?? this.open(key);
    this.byKey.set(key, coalescer);
    return coalescer.run(input);
  }

  private open(key: string): Coalescer<Input, Output> {
    const onIdle = () => this.byKey.delete(key);
    return new Coalescer(this.work, this.limit, { ...this.options, onIdle });
  }
}
