import { openConsumer, type QueueConsumer } from '@heddle/queue';
import { Inject, Injectable } from '@nestjs/common';
import { RESOURCES, type Resources } from '../resources.js';
import { Engine } from './engine.js';
import { Processor } from './processor.js';

/** How often new model versions are looked for. */
const VERSION_POLL_MS = 2_000;

/** One queue consumer for every servable model version. */
@Injectable()
export class Consumers {
  private readonly consumers = new Map<string, QueueConsumer>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    @Inject(RESOURCES) private readonly resources: Resources,
    private readonly engine: Engine,
    private readonly processor: Processor,
  ) {}

  /** Resolves when every version known now is loaded and consumed. */
  async start(): Promise<void> {
    await this.addNewVersions();
    this.timer = setInterval(() => {
      this.addNewVersions().catch((error: unknown) => {
        this.resources.logger.warn({ error }, 'looking for new model versions failed');
      });
    }, VERSION_POLL_MS);
  }

  /** Stops claiming; what is held goes on. */
  async pause(): Promise<void> {
    clearInterval(this.timer);
    await Promise.all([...this.consumers.values()].map((consumer) => consumer.pause()));
  }

  async close(): Promise<void> {
    await Promise.all([...this.consumers.values()].map((consumer) => consumer.close()));
  }

  private async addNewVersions(): Promise<void> {
    const { store, logger, queueConnection, config } = this.resources;
    for (const { id, manifest } of await store.models.listServable()) {
      if (this.consumers.has(id)) continue;
      try {
        await this.engine.cache.add(id, manifest);
        await this.engine.preload(id);
      } catch (error) {
        logger.error({ error, version: id }, 'model version cannot be served by this worker');
        continue;
      }
      const consumer = await openConsumer(queueConnection, {
        version: id,
        concurrency: config.env.HEDDLE_WORKER_CONCURRENCY,
        handler: (entry) => this.processor.process(entry),
        onError: (error, entry) => {
          if (entry)
            logger.warn(
              { error, version: id, job: entry.id },
              'queue entry failed; the reconciler will see to it',
            );
          else logger.warn({ error, version: id }, 'queue connection lost; it heals by itself');
        },
      });
      this.consumers.set(id, consumer);
    }
  }
}
