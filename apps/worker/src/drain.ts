import { setTimeout as sleep } from 'node:timers/promises';
import type { INestApplicationContext } from '@nestjs/common';
import { Heartbeat } from './heartbeat/heartbeat.js';
import { Imports } from './imports/imports.js';
import { Consumers } from './processor/consumers.js';
import { Engine } from './processor/engine.js';
import { DRAINED, HeldJobs } from './processor/held-jobs.js';
import { Processor } from './processor/processor.js';
import { closeResources, type Resources } from './resources.js';
import { Tuner } from './tuning/tuner.js';

/** What was aborted has nothing left to do but a statement each. */
const ABORT_MS = 3_000;

/**
 * Stops claiming, finishes what is held for as long as a drain may take, gives the rest back without counting
 * it as an attempt, and closes everything.
 */
export async function drain(app: INestApplicationContext, resources: Resources): Promise<void> {
  const { store, signals, config, logger, workerId } = resources;
  const held = app.get(HeldJobs);
  const engine = app.get(Engine);
  const idle = () => app.get(Processor).whenIdle();
  app.get(Heartbeat).drain();
  await Promise.all([app.get(Consumers).pause(), app.get(Imports).stop(), app.get(Tuner).stop()]);
  await Promise.race([idle(), sleep(config.env.HEDDLE_DRAIN_MS, undefined, { ref: false })]);
  const unfinished = held.list();
  if (unfinished.length > 0) {
    const { queued } = await store.jobs.giveBack(unfinished, 'drained', workerId);
    signals.publish('jobs-submitted', '');
    logger.info({ jobs: queued.length }, 'gave unfinished jobs back');
  }
  held.close();
  engine.stop(new DOMException(DRAINED, 'AbortError'));
  await Promise.race([idle(), sleep(ABORT_MS, undefined, { ref: false })]);
  await app.get(Heartbeat).stop();
  await engine.close();
  await app.get(Consumers).close();
  await app.close();
  await closeResources(resources);
}
