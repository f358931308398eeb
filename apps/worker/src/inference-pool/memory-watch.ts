import { type Loop, startLoop } from '@heddle/telemetry';
import type { Loader, LoaderOptions } from './loader.js';
import type { Slot } from './slot.js';

const MIB = 1024 ** 2;

interface WatchLimits {
  intervalMs: number;
  /** Bytes that a forward pass may take besides its session: half of the budget, within these bounds. */
  passBytes: { least: number; most: number };
}
const LIMITS: WatchLimits = {
  intervalMs: 1_000,
  passBytes: { least: 1024 * MIB, most: 2048 * MIB },
};

/**
 * Keeps the memory of inference children in sight: forward passes take more of it, and keep what they took. And has
 * unloaded what nobody used for long.
 */
export class MemoryWatch {
  private loop: Loop | undefined;
  /** Turns that all children had taken when they were last looked at at rest; -1: not yet. */
  private seenTurns = -1;

  constructor(
    private readonly slots: () => Slot[],
    private readonly loader: Loader,
    private readonly options: Pick<LoaderOptions, 'memoryBytes' | 'logger'>,
    private readonly limits = LIMITS,
  ) {}

  start(): void {
    this.loop = startLoop('memory watch', this.limits.intervalMs, this.options.logger, () => this.look());
  }

  async stop(): Promise<void> {
    await this.loop?.stop();
  }

  private async look(): Promise<void> {
    await this.loader.dropOld();
    const slots = this.slots();
    const turns = slots.reduce((sum, slot) => sum + slot.turns, 0);
    const isAtRest = slots.every((slot) => slot.isIdle);
    // The kernel counts page by page, and what rests takes no more.
    if (isAtRest && turns === this.seenTurns) return;
    this.seenTurns = isAtRest ? turns : -1;
    await this.loader.trim();
    for (const slot of slots) {
      const limit = killLimit(this.options.memoryBytes, slot.expectedMemory, this.limits);
      if (slot.memory <= limit) continue;
      this.options.logger.error(
        { pid: slot.pid, mib: Math.round(slot.memory / MIB), limitMib: Math.round(limit / MIB) },
        'inference process takes far too much memory; ending it',
      );
      slot.kill();
    }
  }
}

/**
 * Bytes beyond which a child is ended: something leaks, or one pass asks for too much. A version that alone takes more
 * than the budget is served all the same.
 */
export function killLimit(budget: number, expected: number, { passBytes } = LIMITS): number {
  const { least, most } = passBytes;
  return Math.max(budget, expected) + Math.min(most, Math.max(least, budget / 2));
}
