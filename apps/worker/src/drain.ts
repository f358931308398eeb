import type { INestApplicationContext } from '@nestjs/common';
import { Heartbeat } from './heartbeat/heartbeat.js';
import { Consumers } from './processor/consumers.js';
import { Engine } from './processor/engine.js';
import { HeldJobs } from './processor/held-jobs.js';
import { closeResources, type Resources } from './resources.js';

/**
 * Stops claiming, finishes what is held for as long as a drain may take, gives the rest back without counting
 * it as an attempt, and closes everything.
 */
export async function drain(app: INestApplicationContext, resources: Resources): Promise<void> {
  const { store, signals, config, logger } = resources;
  const held = app.get(HeldJobs);
  const consumers = app.get(Consumers);
  await consumers.pause();
  await Promise.race([
    held.whenEmpty(),
    new Promise((resolve) => setTimeout(resolve, config.env.HEDDLE_DRAIN_MS)),
  ]);

  const unfinished = held.list();
  if (unfinished.length > 0) {
    const { queued } = await store.jobs.giveBack(unfinished, 'drained');
    held.abort(queued, 'drained');
    signals.publish('jobs-submitted', '');
    logger.info({ jobs: queued.length }, 'gave unfinished jobs back');
  }
  await app.get(Heartbeat).stop();
  await app.get(Engine).close();
  await consumers.close();
  await app.close();
  await closeResources(resources);
}
