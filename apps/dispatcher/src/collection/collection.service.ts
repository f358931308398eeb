import { findGarbage } from '@heddle/artifacts';
import { type Loop, startLoop } from '@heddle/telemetry';
import { Inject, Injectable } from '@nestjs/common';
import { RESOURCES, type Resources } from '../resources.js';

/** Digests that are noted in one statement. */
const NOTED_AT_ONCE = 1_000;

/**
 * Removes artefacts that no row names: what a process that was killed left behind. They are noted, and what is noted is removed as
 * the contents of deleted versions and files are: under a lock that whoever begins to name one takes as well. So any number of
 * dispatchers may do it at a time, and end in the middle of it.
 */
@Injectable()
export class CollectionService {
  private loop: Loop | undefined;
  private stopping = false;

  constructor(@Inject(RESOURCES) private readonly resources: Resources) {}

  start(): void {
    const { config, logger } = this.resources;
    const intervalMs = config.env.HEDDLE_ARTIFACT_SWEEP_INTERVAL_MS;
    if (intervalMs === 0) return;
    this.loop = startLoop('artefact sweep', intervalMs, logger, () => this.collect());
  }

  async stop(): Promise<void> {
    this.stopping = true;
    await this.loop?.stop();
  }

  private async collect(): Promise<void> {
    const { artifacts, store, config, logger } = this.resources;
    const graceMs = config.env.HEDDLE_ARTIFACT_GRACE_MS;
    const { contents } = store;
    const garbage = await findGarbage(artifacts, graceMs, (digests) => contents.unreferencedAmong(digests));
    if (garbage.artifacts.length === 0) return;
    const count = garbage.artifacts.length;
    if (!garbage.isOwn) {
      logger.warn(
        { artifacts: count },
        'no artefact of the store is named by this database: nothing is removed',
      );
      return;
    }
    const digests = garbage.artifacts.map(({ sha256 }) => sha256);
    for (let i = 0; i < count && !this.stopping; i += NOTED_AT_ONCE)
      await contents.note(digests.slice(i, i + NOTED_AT_ONCE));
    const goesOn = () => !this.stopping;
    for (let i = 0; i < count && goesOn(); i += NOTED_AT_ONCE)
      await contents.removeUnreferenced((sha256) => artifacts.remove(sha256), goesOn);
    const bytes = garbage.artifacts.reduce((sum, artifact) => sum + artifact.bytes, 0);
    logger.info({ artifacts: count, bytes }, 'artefacts that nothing names were removed');
  }
}
