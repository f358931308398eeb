import { type Loop, startLoop } from '@heddle/telemetry';
import { Inject, Injectable } from '@nestjs/common';
import { RESOURCES, type Resources } from '../resources.js';

/** Pause between two looks: second runs that are made together share statements. */
const PAUSE_MS = 1_000;
/** Seconds after its end in which a job gets its second run, or none. */
const BOUND_S = 30;

/**
 * Runs jobs of aliases with a shadow a second time, and compares the answers (docs/decisions/0016-shadows-take-what-is-spare.md). Nothing of it holds
 * up a job: a second run is made when nothing waits, and given up when that does not come in time.
 */
@Injectable()
export class ShadowsService {
  private loop: Loop | undefined;

  constructor(@Inject(RESOURCES) private readonly resources: Resources) {}

  start(): void {
    this.loop = startLoop('shadows', PAUSE_MS, this.resources.logger, () => this.round());
  }

  async stop(): Promise<void> {
    await this.loop?.stop();
  }

  private async round(): Promise<void> {
    const { shadows } = this.resources.store;
    if (!(await shadows.hasDue())) return;
    while ((await shadows.compare()) > 0);
    while ((await shadows.dropLate(BOUND_S)) > 0);
    for (const run of await shadows.makeRuns()) await this.resources.queue.add(run.versionId, [run]);
  }
}
