import { type Loop, startLoop } from '@heddle/telemetry';
import { Inject, Injectable } from '@nestjs/common';
import { RESOURCES, type Resources } from '../resources.js';

const MINUTE_MS = 60_000;
/** Of a minute at which the one before is counted: the jobs that ended in it are written down by then, and some more. */
const COUNTED_AT_MS = 17_000;
/** Several dispatchers come one after the other; the first one counts. */
const SPREAD_MS = 5_000;

/** Counts what was done and what waits, once a minute (docs/dashboard.md). Any number of dispatchers may do it at a time. */
@Injectable()
export class StatsService {
  private loop: Loop | undefined;
  private stopping = false;

  constructor(@Inject(RESOURCES) private readonly resources: Resources) {}

  start(): void {
    this.loop = startLoop('statistics', untilNextMs, this.resources.logger, () => this.count());
  }

  async stop(): Promise<void> {
    this.stopping = true;
    await this.loop?.stop();
  }

  private async count(): Promise<void> {
    // Minutes that nobody counted come first, one statement each.
    while (!this.stopping && (await this.resources.store.stats.count()));
  }
}

function untilNextMs(): number {
  const intoMinuteMs = (Date.now() - COUNTED_AT_MS) % MINUTE_MS;
  return MINUTE_MS - intoMinuteMs + Math.random() * SPREAD_MS;
}
