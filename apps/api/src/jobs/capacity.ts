import { HeddleError } from '@heddle/contracts';
import type { Backlog } from '@heddle/store';
import { Inject, Injectable } from '@nestjs/common';
import type { Caller } from '../http/auth.js';
import { RESOURCES, type Resources } from '../resources.js';

/**
 * Age at which the count is taken anew. Other api processes may accept what this one does not see for that long:
 * the caps may be overshot by (processes − 1) × what one process accepts in this time, about a second's submissions.
 */
const RECOUNT_MS = 1_000;
/** Counting a long backlog takes longer; it is repeated so seldom that it never takes more than a tenth of the time. */
const RECOUNT_SHARE = 10;
/** An older count says nothing any more, so a submission waits for a new one. */
const STALE_MS = 5_000;
/** Bounds of Retry-After, in seconds: nobody is sent away for long on an estimate. */
const RETRY_AFTER_S = { least: 1, most: 60 } as const;

/** Refuses jobs for which there is no room. Counts the backlog now and then, not per submission. */
@Injectable()
export class Capacity {
  private backlog: Backlog | undefined;
  /** Items accepted by this process since the count began, by tenant: they may not be part of it. */
  private added = new Map<string, number>();
  private counting: Promise<void> | undefined;
  private countedAt = Number.NEGATIVE_INFINITY;
  private countMs = 0;

  constructor(@Inject(RESOURCES) private readonly resources: Resources) {}

  /**
   * Takes `items` into account, or throws `quota-exceeded` (the tenant's cap) or `overloaded` (the instance's), with
   * Retry-After.
   */
  async take({ tenantId, tenantLimits }: Caller, items: number): Promise<void> {
    const { env } = this.resources.config;
    const most = env.HEDDLE_MAX_QUEUED_ITEMS;
    const mostOfTenant = tenantLimits.maxQueuedItems ?? env.HEDDLE_MAX_QUEUED_ITEMS_PER_TENANT;
    const backlog = await this.current();
    const own = backlog.tenants.get(tenantId) ?? { items: 0, cost: 0 };
    if (own.items + (this.added.get(tenantId) ?? 0) + items > mostOfTenant) {
      throw new HeddleError('quota-exceeded', `At most ${mostOfTenant} items may be queued or running.`, {
        headers: await this.retryAfter(own.cost),
      });
    }
    const added = [...this.added.values()].reduce((sum, count) => sum + count, 0);
    if (backlog.items + added + items > most) {
      throw new HeddleError('overloaded', 'The backlog of this instance is full.', {
        headers: await this.retryAfter(backlog.cost),
      });
    }
    this.added.set(tenantId, (this.added.get(tenantId) ?? 0) + items);
  }

  private async current(): Promise<Backlog> {
    const age = performance.now() - this.countedAt;
    if (age > Math.max(RECOUNT_MS, RECOUNT_SHARE * this.countMs)) {
      this.counting ??= this.count().finally(() => {
        this.counting = undefined;
      });
      if (!this.backlog || age > STALE_MS + RECOUNT_SHARE * this.countMs) await this.counting;
      // Whoever does not wait for it goes on with the old count.
      else this.counting.catch((error: unknown) => this.resources.logger.warn({ error }, 'counting failed'));
    }
    return this.backlog!;
  }

  private async count(): Promise<void> {
    const startedAt = performance.now();
    const before = new Map(this.added);
    this.backlog = await this.resources.store.jobs.backlog();
    this.countedAt = performance.now();
    this.countMs = this.countedAt - startedAt;
    // What was accepted while the count ran may or may not be in it: it counts once more until the next.
    for (const [tenantId, items] of before) {
      const rest = this.added.get(tenantId)! - items;
      if (rest > 0) this.added.set(tenantId, rest);
      else this.added.delete(tenantId);
    }
  }

  /** Backlog (estimated tokens) ÷ measured tokens per second of all workers. */
  private async retryAfter(cost: number): Promise<Record<string, string>> {
    const rates = await this.resources.store.workers.throughput();
    const tokensPerSecond = [...rates.values()].reduce((sum, rate) => sum + rate, 0);
    const seconds = tokensPerSecond > 0 ? Math.ceil(cost / tokensPerSecond) : RETRY_AFTER_S.most;
    return { 'Retry-After': String(Math.min(Math.max(seconds, RETRY_AFTER_S.least), RETRY_AFTER_S.most)) };
  }
}
