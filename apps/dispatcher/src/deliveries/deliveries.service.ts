import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { HeddleError, toPublicId } from '@heddle/contracts';
import { Counter, type Loop, logFailure, type Span, startLoop } from '@heddle/telemetry';
import { DEFAULT_SCHEDULE, type Schedule, WebhookClient } from '@heddle/webhooks';
import { Inject, Injectable } from '@nestjs/common';
import { RESOURCES, type Resources } from '../resources.js';
import { call } from './call.js';
import { claim, type HeldDelivery, mayBegin } from './lease.js';
import { type PreparedDelivery, prepare } from './prepare.js';
import { record } from './record.js';

/** Requests in flight of this process: each is a socket and a body of 64 KiB at most. */
const MAX_IN_FLIGHT = 512;
/** Those of them that are kept for endpoints which have none: so many dead ones delay nobody. */
const KEPT_FOR_IDLE = MAX_IN_FLIGHT / 4;
/** Deliveries that are taken and prepared together at most. */
const MAX_CLAIMED = 128;
/** Pause between two looks, shortly after something was sent and otherwise: an event without a signal waits this long. */
const POLL_MS = { lately: 250, atRest: 1_000 } as const;
const AT_REST_AFTER_MS = 5_000;
/** Signals of so short a time lead to one look: under load there are hundreds a second. */
const GATHER_MS = 25;
/** Pause before another try while another dispatcher takes deliveries. */
const TURN_MS = 50;

/**
 * Sends events to endpoints and URLs of jobs: takes what is due, then for each prepare → call → record. Any number of
 * processes may; a lane never has more in flight over all of them than it may.
 */
@Injectable()
export class DeliveriesService {
  private readonly client: WebhookClient;
  private readonly attempts: Counter;
  private readonly schedule: Schedule;
  private readonly underWay = new Set<Promise<void>>();
  private inFlight = 0;
  private readonly drained = new AbortController();
  private loop: Loop | undefined;
  private gathering: NodeJS.Timeout | undefined;
  private unsubscribe: (() => Promise<void>)[] = [];
  private pauseMs: number = POLL_MS.lately;
  private busyAt = performance.now();

  constructor(@Inject(RESOURCES) private readonly resources: Resources) {
    const { env } = resources.config;
    // Every request in flight listens: hundreds are no leak.
    setMaxListeners(0, this.drained.signal);
    this.attempts = new Counter({
      name: 'heddle_webhook_attempts_total',
      help: 'Attempts to deliver a webhook by outcome: `delivered`, or why it failed.',
      labelNames: ['outcome'],
      registers: [resources.metrics],
    });
    this.client = new WebhookClient({
      allowHttp: env.HEDDLE_WEBHOOK_ALLOW_HTTP,
      allowPrivate: env.HEDDLE_WEBHOOK_ALLOW_PRIVATE,
      allowCidrs: env.HEDDLE_WEBHOOK_ALLOW_CIDRS ?? [],
    });
    this.schedule = env.HEDDLE_WEBHOOK_SCHEDULE
      ? { steps: env.HEDDLE_WEBHOOK_SCHEDULE, isDefault: false }
      : DEFAULT_SCHEDULE;
  }

  async start(): Promise<void> {
    const { signals, logger } = this.resources;
    this.loop = startLoop(
      'deliveries',
      () => this.pauseMs,
      logger,
      () => this.round(),
    );
    for (const channel of ['jobs-ended', 'batches-changed', 'versions-changed', 'deliveries-due'] as const)
      this.unsubscribe.push(await signals.subscribe(channel, () => this.lookSoon()));
  }

  /** Takes nothing more and lets what is under way end, as long as a process may take to stop. */
  async stop(): Promise<void> {
    for (const unsubscribe of this.unsubscribe) await unsubscribe();
    clearTimeout(this.gathering);
    await this.loop?.stop();
    const late = sleep(this.resources.config.env.HEDDLE_DRAIN_MS, undefined, { ref: false });
    await Promise.race([this.allEnded(), late]);
    // What is still open is sent again by another process when its lease has ended.
    this.drained.abort();
    await this.allEnded();
    await this.client.close();
  }

  /** What is under way begins more: what is taken is sent. */
  private async allEnded(): Promise<void> {
    while (this.underWay.size > 0) await Promise.all(this.underWay);
  }

  private lookSoon(): void {
    this.gathering ??= setTimeout(() => {
      this.gathering = undefined;
      this.loop?.wake();
    }, GATHER_MS);
  }

  private async round(): Promise<void> {
    const { store } = this.resources;
    const dueMs = await store.deliveries.untilDueMs();
    if (dueMs === null || dueMs > 0) {
      const isAtRest = performance.now() - this.busyAt >= AT_REST_AFTER_MS;
      this.pauseMs = Math.min(isAtRest ? POLL_MS.atRest : POLL_MS.lately, Math.ceil(dueMs ?? POLL_MS.atRest));
      return;
    }
    this.pauseMs = POLL_MS.lately;
    await store.deliveries.giveBackSilent();
    const free = MAX_IN_FLIGHT - this.inFlight;
    if (free <= 0) return;
    const slots = {
      free: Math.min(free, MAX_CLAIMED),
      freeForMore: Math.min(Math.max(free - KEPT_FOR_IDLE, 0), MAX_CLAIMED),
    };
    const claimed = await claim(store, slots);
    if (claimed === null) this.pauseMs = TURN_MS;
    else if (claimed.length > 0) this.begin(claimed);
  }

  private begin(claimed: HeldDelivery[]): void {
    this.busyAt = performance.now();
    this.inFlight += claimed.length;
    this.follow(this.sendAll(claimed));
    // There may be more than were taken.
    this.loop?.wake();
  }

  /** Errors end here: whatever was not written down is sent again when its lease has ended. */
  private follow(work: Promise<void>): void {
    const followed = work
      .catch((error: unknown) => {
        if (!this.drained.signal.aborted) logFailure(this.resources.logger, 'delivery', error);
      })
      .finally(() => this.underWay.delete(followed));
    this.underWay.add(followed);
  }

  private async sendAll(claimed: HeldDelivery[]): Promise<void> {
    const { store } = this.resources;
    let prepared: PreparedDelivery[];
    try {
      prepared = await prepare(store, claimed);
    } catch (error) {
      // One that cannot be prepared is not to hold up those that were taken with it; it comes again by its lease.
      if (claimed.length > 1 && !(error instanceof HeddleError)) {
        for (const delivery of claimed) this.follow(this.sendAll([delivery]));
        return;
      }
      this.inFlight -= claimed.length;
      throw error;
    }
    // After a slow start the others go back.
    const { aborted } = this.drained.signal;
    const begun = prepared.filter((delivery) => !aborted && mayBegin(delivery.claimed));
    for (const delivery of begun) {
      this.follow(
        this.send(delivery).finally(() => {
          this.inFlight--;
          this.lookSoon();
        }),
      );
    }
    const ready = new Set(begun.map((delivery) => delivery.claimed));
    const left = claimed.filter((delivery) => !ready.has(delivery));
    this.inFlight -= left.length;
    if (left.length > 0) await store.deliveries.release(left);
  }

  private beginSpan({ claimed, traceparent }: PreparedDelivery): Span {
    const { id, eventId, endpointId, tenantId, attempt } = claimed;
    return this.resources.tracing.begin('webhook', {
      parent: traceparent,
      kind: 'client',
      attributes: () => ({
        'http.request.method': 'POST',
        'heddle.delivery.id': toPublicId('delivery', id),
        'heddle.delivery.attempt': attempt,
        'heddle.event.id': toPublicId('event', eventId),
        'heddle.tenant.id': tenantId,
        ...(endpointId === null ? {} : { 'heddle.endpoint.id': toPublicId('webhook', endpointId) }),
      }),
    });
  }

  private async send(prepared: PreparedDelivery): Promise<void> {
    const { store, logger } = this.resources;
    const span = this.beginSpan(prepared);
    const { traceparent } = span;
    const answered = await call(this.client, { ...prepared, traceparent }, this.drained.signal).catch(
      (error: unknown) => {
        span.end('abandoned');
        throw error;
      },
    );
    const { error, statusCode } = answered.exchange;
    if (statusCode !== null) span.set(() => ({ 'http.response.status_code': statusCode }));
    span.end(error);
    this.attempts.inc({ outcome: error ?? 'delivered' });
    const written = await record(store, answered, this.schedule, this.drained.signal);
    if (!written)
      logger.warn({ delivery: prepared.claimed.id }, 'an attempt came too late to be written down');
  }
}
