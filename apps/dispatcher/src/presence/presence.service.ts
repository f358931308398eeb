import { hostname } from 'node:os';
import { newUuid } from '@heddle/contracts';
import { type Loop, startLoop } from '@heddle/telemetry';
import { Inject, Injectable } from '@nestjs/common';
import { RESOURCES, type Resources } from '../resources.js';

/** How often the queue is asked: several times within the 30 s that readiness allows. */
const ROUND_TRIP_MS = 5_000;

/** Writes down that this dispatcher lives and that the queue answers it: what readiness looks at. */
@Injectable()
export class PresenceService {
  private readonly id = newUuid();
  private loop: Loop | undefined;

  constructor(@Inject(RESOURCES) private readonly resources: Resources) {}

  async start(): Promise<void> {
    await this.roundTrip();
    this.loop = startLoop('presence', ROUND_TRIP_MS, this.resources.logger, () => this.roundTrip());
  }

  async stop(): Promise<void> {
    await this.loop?.stop();
    await this.resources.store.dispatchers.remove(this.id);
  }

  private async roundTrip(): Promise<void> {
    const { queue, store } = this.resources;
    await queue.generation();
    await store.dispatchers.queueAnswered({ id: this.id, host: hostname(), pid: process.pid });
  }
}
