/**
 * Turns calls for one thing into calls for many: what arrives while a call is under way leaves together with
 * the next one. So the number of SQL statements follows the database's pace, not the number of jobs.
 */
export class Coalescer<Input, Output> {
  private waiting: { input: Input; resolve: (output: Output) => void; reject: (error: unknown) => void }[] =
    [];
  private running = false;

  constructor(
    /** Answers inputs in their order. */
    private readonly work: (inputs: Input[]) => Promise<Output[]>,
    /** Inputs of one call at most. */
    private readonly limit: number,
  ) {}

  run(input: Input): Promise<Output> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ input, resolve, reject });
      // A turn of the event loop lets everything that is ready now join the first call.
      if (!this.running) setImmediate(() => void this.drain());
    });
  }

  private async drain(): Promise<void> {
    if (this.running) return;
    this.running = true;
    while (this.waiting.length > 0) {
      const group = this.waiting.splice(0, this.limit);
      try {
        const outputs = await this.work(group.map((entry) => entry.input));
        for (const [i, entry] of group.entries()) entry.resolve(outputs[i]!);
      } catch (error) {
        for (const entry of group) entry.reject(error);
      }
    }
    this.running = false;
  }
}
