import { decideWorkers, type ScalingState } from '@heddle/contracts';
import type { PoolToDecide } from '@heddle/store';
import { type Loop, startLoop } from '@heddle/telemetry';
import { Inject, Injectable } from '@nestjs/common';
import { RESOURCES, type Resources } from '../resources.js';
import { loadsOf } from './loads.js';

/** As often as workers tell what they do. */
const DECIDE_MS = 5_000;
/** Least age of a decision that is made anew: another dispatcher's round may come between two of this one's. */
const LEAST_S = 4;
/** Queues that are looked at; beyond, those of the oldest versions are left out. */
const MAX_QUEUES = 1_000;

/** Decides how many workers each pool should have; autoscalers read it from the api or from metrics. */
@Injectable()
export class ScalingService {
  private loop: Loop | undefined;

  constructor(@Inject(RESOURCES) private readonly resources: Resources) {}

  start(): void {
    const { store, logger } = this.resources;
    this.loop = startLoop('scaling', DECIDE_MS, logger, () =>
      store.pools.decide(LEAST_S, (pools) => this.decide(pools)),
    );
  }

  async stop(): Promise<void> {
    await this.loop?.stop();
  }

  private async decide(deciding: PoolToDecide[]): Promise<Map<string, ScalingState>> {
    const { store, config, logger } = this.resources;
    const [everyPool, queues, imports] = await Promise.all([
      store.pools.list(),
      store.queues.list(null, { before: null, limit: MAX_QUEUES }),
      store.pools.countImports(),
    ]);
    const loads = loadsOf(deciding, everyPool, queues, imports);
    const states = new Map<string, ScalingState>();
    for (const { name, scaling, desiredWorkers } of deciding) {
      const state = decideWorkers(scaling, loads.get(name)!, config.scaling);
      states.set(name, state);
      if (state.desired !== desiredWorkers)
        logger.info(
          { pool: name, workers: state.desired, before: desiredWorkers },
          'another number of workers is desired',
        );
    }
    return states;
  }
}
