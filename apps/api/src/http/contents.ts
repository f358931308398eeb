import { Inject, Injectable } from '@nestjs/common';
import { RESOURCES, type Resources } from '../resources.js';

/** Contents of the artefact store that have lost their last reference. */
@Injectable()
export class Contents {
  constructor(@Inject(RESOURCES) private readonly resources: Resources) {}

  /** Removes them. What fails now is done by a worker later: the request that took the reference away has succeeded. */
  async removeUnreferenced(): Promise<void> {
    const { store, artifacts, logger } = this.resources;
    try {
      await store.contents.removeUnreferenced((sha256) => artifacts.remove(sha256));
    } catch (error) {
      logger.warn({ error }, 'contents could not be removed yet');
    }
  }
}
