import { toPublicId } from '@heddle/contracts';
import { type Loop, startLoop } from '@heddle/telemetry';
import { Inject, Injectable } from '@nestjs/common';
import { RESOURCES, type Resources } from '../resources.js';

/** Pause between two looks at canaries that have a rule. */
const PAUSE_MS = 2_000;

/** Takes canaries away that fail more, or agree less, than their rules allow (docs/model-registry.md). */
@Injectable()
export class CanariesService {
  private loop: Loop | undefined;

  constructor(@Inject(RESOURCES) private readonly resources: Resources) {}

  start(): void {
    this.loop = startLoop('canaries', PAUSE_MS, this.resources.logger, () => this.check());
  }

  async stop(): Promise<void> {
    await this.loop?.stop();
  }

  private async check(): Promise<void> {
    const { store, logger } = this.resources;
    const { removed, errors } = await store.aliases.rollBackCanaries();
    for (const { model, alias, versionId, reason } of removed) {
      const version = toPublicId('version', versionId);
      logger.warn({ alias: `${model}@${alias}`, version, reason }, 'a canary was taken away');
    }
    for (const error of errors) logger.error({ error }, 'looking at a canary failed');
  }
}
