import { type Loop, logFailure, startLoop } from '@heddle/telemetry';
import { Inject, Injectable } from '@nestjs/common';
import { RESOURCES, type Resources } from '../resources.js';
import { PriorityShares } from './priority-shares.js';

/** Seconds of work kept in the queue: enough that workers never wait, little enough to re-order and to rebuild. */
const WINDOW_S = 2;
/** The window of a version whose speed is not known yet, and the least it ever is (estimated tokens). */
const MIN_WINDOW_COST = 32_768;
/** Entries of one version in the queue at most, and those added by one dispatch. */
const MAX_WINDOW_JOBS = 8_192;
const MAX_DISPATCH_JOBS = 1_000;

/** Tops up the dispatch window of every version from the backlog in Postgres. */
@Injectable()
export class DispatchService {
  private readonly shares = new Map<string, PriorityShares>();
  private loop: Loop | undefined;
  private unsubscribe: (() => Promise<void>) | undefined;

  constructor(@Inject(RESOURCES) private readonly resources: Resources) {}

  async start(): Promise<void> {
    const { signals, config, logger } = this.resources;
    this.loop = startLoop('dispatch', config.env.HEDDLE_DISPATCH_POLL_MS, logger, () => this.round());
    this.unsubscribe = await signals.subscribe('jobs-submitted', () => this.loop?.wake());
  }

  async stop(): Promise<void> {
    await this.unsubscribe?.();
    await this.loop?.stop();
  }

  private async round(): Promise<void> {
    const { store, logger } = this.resources;
    const versions = await store.jobs.versionsWithBacklog();
    if (versions.length === 0) return;
    const throughput = await store.workers.throughput();
    for (const version of versions) {
      // One version's trouble is not to hold up those that come after it.
      await this.fill(version, throughput.get(version) ?? 0).catch((error: unknown) =>
        logFailure(logger, 'dispatch', error, { version }),
      );
    }
  }

  /** Adds jobs until the window is full or the backlog is empty. */
  private async fill(version: string, tokensPerSecond: number): Promise<void> {
    const { store, queue } = this.resources;
    const shares = this.sharesOf(version);
    const target = Math.max(MIN_WINDOW_COST, WINDOW_S * tokensPerSecond);
    for (;;) {
      const window = await store.jobs.windowOf(version);
      const room = {
        jobs: Math.min(MAX_WINDOW_JOBS - window.jobs, MAX_DISPATCH_JOBS),
        cost: target - window.cost,
      };
      if (room.jobs <= 0 || room.cost <= 0) return;
      const added = await store.jobs.dispatch(
        version,
        room.jobs,
        async (chosen) => {
          await queue.add(version, chosen);
          return chosen;
        },
        (candidates) => shares.choose(candidates, room),
      );
      if (added < room.jobs) return;
    }
  }

  private sharesOf(version: string): PriorityShares {
    const existing = this.shares.get(version);
    if (existing) return existing;
    const shares = new PriorityShares();
    this.shares.set(version, shares);
    return shares;
  }
}
