import { type Loop, startLoop } from '@heddle/telemetry';
import type { Loader, LoaderOptions } from './loader.js';
import type { Slot } from './slot.js';

const INTERVAL_MS = 5_000;
/** A child that takes this many times what it may is ended: something leaks, or one pass asks for too much. */
const KILL_FACTOR = 2;
const MIB = 1024 ** 2;

/** Keeps the memory of inference children in sight: forward passes take more of it, and keep what they took. */
export class MemoryWatch {
  private loop: Loop | undefined;

  constructor(
    private readonly slots: () => Slot[],
    private readonly loader: Loader,
    private readonly options: Pick<LoaderOptions, 'memoryBytes' | 'logger'>,
  ) {}

  start(): void {
    this.loop = startLoop('memory watch', INTERVAL_MS, this.options.logger, () => this.look());
  }

  async stop(): Promise<void> {
    await this.loop?.stop();
  }

  private async look(): Promise<void> {
    await this.loader.trim();
    for (const slot of this.slots()) {
      // A version that alone takes more than the budget is served all the same.
      const limit = KILL_FACTOR * Math.max(this.options.memoryBytes, slot.expectedMemory);
      if (slot.memory <= limit) continue;
      this.options.logger.error(
        { pid: slot.pid, mib: Math.round(slot.memory / MIB), limitMib: Math.round(limit / MIB) },
        'inference process takes far too much memory; ending it',
      );
      slot.kill();
    }
  }
}
