import { type Loop, startLoop } from '@heddle/telemetry';
import { Inject, Injectable } from '@nestjs/common';
import { RESOURCES, type Resources } from '../resources.js';

/** Pause between two looks while there are second runs to make or to compare, and while there are none. */
const PAUSE_MS = { busy: 100, idle: 1_000 } as const;
/** Seconds after its end in which a job gets its second run, or none. */
const BOUND_S = 30;

/**
 * Runs jobs of aliases with a shadow a second time, and compares the answers (docs/decisions/0016-shadows-take-what-is-spare.md). Nothing of it holds
 * up a job: a second run is made when nothing waits, and given up when that does not come in time.
 */
@Injectable()
export class ShadowsService {
  private loop: Loop | undefined;
  private busy = false;

  constructor(@Inject(RESOURCES) private readonly resources: Resources) {}

  start(): void {
    this.loop = startLoop(
      'shadows',
      () => (this.busy ? PAUSE_MS.busy : PAUSE_MS.idle),
      this.resources.logger,
      () => this.round(),
    );
  }

  async stop(): Promise<void> {
    await this.loop?.stop();
  }

  private async round(): Promise<void> {
    const { shadows } = this.resources.store;
    this.busy = await shadows.hasDue();
    if (!this.busy) return;
    await shadows.compare();
    await shadows.dropLate(BOUND_S);
    for (const run of await shadows.makeRuns()) await this.resources.queue.add(run.versionId, [run]);
  }
}
