import {
  changeWebhookBody,
  createWebhookBody,
  type Delivery,
  emptyBody,
  fromPublicId,
  HeddleError,
  type Page,
  replayBody,
  rotateSecretBody,
  type Webhook,
  type WebhookSecret,
} from '@heddle/contracts';
import type { SecretRecord, WebhookRecord } from '@heddle/store';
import { deliveryView, webhookView } from '@heddle/views';
import { newSecret } from '@heddle/webhooks';
import { Inject, Injectable } from '@nestjs/common';
import { actorOf, type Caller } from '../http/auth.js';
import { Cursors } from '../http/cursor.js';
import { idempotencyOf } from '../http/fingerprint.js';
import { pageOf } from '../http/paging.js';
import { afterLooking, noQuery, type Query, readQuery } from '../http/query.js';
import { validateBody } from '../http/validate.js';
import { Waiters } from '../http/waiters.js';
import { assertCallable, normalWebhookUrl } from '../http/webhook-url.js';
import { RESOURCES, type Resources } from '../resources.js';
import { listWebhooksQuery } from './operations.js';

/** Endpoints that a tenant wants to be told at, and what is signed with. */
@Injectable()
export class WebhooksService {
  private readonly cursors: Cursors;

  constructor(
    @Inject(RESOURCES) private readonly resources: Resources,
    @Inject(Waiters) private readonly waiters: Waiters,
  ) {
    this.cursors = new Cursors(resources.cursorSecret);
  }

  /** The webhook, with its secret unless an earlier request with this idempotency key made it (`created: false`). */
  async create(
    caller: Caller,
    body: unknown,
    idempotencyKey: string | null,
  ): Promise<{ webhook: Webhook; created: boolean }> {
    const { store, config } = this.resources;
    const { events, description, max_in_flight, secret, ...typed } = validateBody(createWebhookBody, body);
    const url = normalWebhookUrl(config, typed.url, '/url');
    const idempotency = idempotencyOf(idempotencyKey, body ?? {});
    // A replay is answered whatever the name of its URL leads to by now.
    const earlier = idempotency && (await store.webhooks.findByKey(caller.tenantId, idempotency.key));
    if (!earlier) await assertCallable(config, url, '/url');
    const own = secret ?? newSecret();
    const { id, created } = await store.webhooks.create(
      {
        tenantId: caller.tenantId,
        url,
        events: unique(events),
        description,
        maxInFlight: max_in_flight,
        secret: own,
        idempotency,
      },
      actorOf(caller),
    );
    const webhook = webhookView(await this.find(caller, id));
    return created ? { webhook: { ...webhook, secret: own }, created } : { webhook, created };
  }

  list(caller: Caller, query: Query): Promise<Page<Webhook>> {
    const page = readQuery(listWebhooksQuery, query);
    const load = (range: { before: string | null; limit: number }) =>
      this.resources.store.webhooks.list(caller.tenantId, range);
    return pageOf(this.cursors, `webhooks ${caller.tenantId}`, page, load, webhookView);
  }

  async get(caller: Caller, publicId: string): Promise<Webhook> {
    return webhookView(await this.find(caller, uuidOf(publicId)));
  }

  async change(caller: Caller, publicId: string, body: unknown): Promise<Webhook> {
    const id = uuidOf(publicId);
    const { store, config } = this.resources;
    const change = await this.afterFinding(caller, id, () => {
      const typed = validateBody(changeWebhookBody, body);
      return typed.url === undefined ? typed : { ...typed, url: normalWebhookUrl(config, typed.url, '/url') };
    });
    if (change.url !== undefined) {
      await this.find(caller, id);
      await assertCallable(config, change.url, '/url');
    }
    const { max_in_flight, events, ...rest } = change;
    const next = {
      ...rest,
      ...(events === undefined ? {} : { events: unique(events) }),
      ...(max_in_flight === undefined ? {} : { maxInFlight: max_in_flight }),
    };
    if (!(await store.webhooks.change(caller.tenantId, id, next, actorOf(caller)))) throw noSuchWebhook();
    if (change.enabled === false) this.waiters.publish('deliveries-due', '');
    return webhookView(await this.find(caller, id));
  }

  async remove(caller: Caller, publicId: string, query: Query): Promise<void> {
    const id = uuidOf(publicId);
    await this.afterFinding(caller, id, () => readQuery(noQuery, query));
    if (!(await this.resources.store.webhooks.remove(caller.tenantId, id, actorOf(caller))))
      throw noSuchWebhook();
  }

  async rotate(caller: Caller, publicId: string, body: unknown): Promise<WebhookSecret> {
    const id = uuidOf(publicId);
    const next = await this.afterFinding(caller, id, () => nextSecret(body));
    const { store } = this.resources;
    const rotated = await store.webhooks.rotateSecret(caller.tenantId, id, next, actorOf(caller));
    if (!rotated) throw noSuchWebhook();
    return secretView(rotated);
  }

  /** The secret of jobs' own webhooks, made by whoever asks first. */
  async defaultSecret({ tenantId }: Caller): Promise<WebhookSecret> {
    return secretView(await this.resources.store.webhooks.defaultSecret(tenantId, newSecret()));
  }

  async rotateDefault(caller: Caller, body: unknown): Promise<WebhookSecret> {
    const next = nextSecret(body);
    const { store } = this.resources;
    // There is one before, which may sign on for a while.
    await store.webhooks.defaultSecret(caller.tenantId, newSecret());
    const rotated = await store.webhooks.rotateSecret(caller.tenantId, null, next, actorOf(caller));
    return secretView(rotated!);
  }

  async test(
    caller: Caller,
    publicId: string,
    body: unknown,
    idempotencyKey: string | null,
  ): Promise<{ delivery: Delivery; created: boolean }> {
    const id = uuidOf(publicId);
    const { store } = this.resources;
    await this.afterFinding(caller, id, () => validateBody(emptyBody, body));
    const idempotency = idempotencyOf(idempotencyKey, { webhook: publicId });
    const tested = await store.deliveries.test(caller.tenantId, id, idempotency);
    if (!tested) throw noSuchWebhook();
    if (tested.created) this.waiters.publish('deliveries-due', '');
    const delivery = await store.deliveries.find(caller.tenantId, tested.id);
    if (!delivery) throw noSuchWebhook();
    return { delivery: deliveryView(delivery), created: tested.created };
  }

  async replay(caller: Caller, publicId: string, body: unknown): Promise<{ scheduled: number }> {
    const id = uuidOf(publicId);
    const { store } = this.resources;
    const { since, until, status } = await this.afterFinding(caller, id, () =>
      validateBody(replayBody, body),
    );
    const replay = { since: new Date(since), until: until === undefined ? null : new Date(until), status };
    await this.find(caller, id);
    const scheduled = await store.deliveries.replay(caller.tenantId, id, replay, actorOf(caller));
    if (scheduled === null) throw noSuchWebhook();
    if (scheduled > 0) this.waiters.publish('deliveries-due', '');
    return { scheduled };
  }

  /** What `read` makes of a request for that webhook, which must exist first. Errors: `not-found`, and those of `read`. */
  private afterFinding<Read>(caller: Caller, id: string, read: () => Read): Promise<Read> {
    return afterLooking(read, () => this.find(caller, id));
  }

  /** Errors: `not-found`. */
  async find({ tenantId }: Caller, id: string): Promise<WebhookRecord> {
    const found = await this.resources.store.webhooks.find(tenantId, id);
    if (!found) throw noSuchWebhook();
    return found;
  }
}

function unique(events: string[]): string[] {
  return [...new Set(events)];
}

function nextSecret(body: unknown): { secret: string; graceS: number } {
  const { grace_s, secret } = validateBody(rotateSecretBody, body);
  return { secret: secret ?? newSecret(), graceS: grace_s };
}

function secretView({ secret, previousExpiresAt }: SecretRecord): WebhookSecret {
  return { secret, previous_expires_at: previousExpiresAt?.toISOString() ?? null };
}

function uuidOf(publicId: string): string {
  const id = fromPublicId('webhook', publicId);
  if (!id) throw noSuchWebhook();
  return id;
}

function noSuchWebhook(): HeddleError {
  return new HeddleError('not-found', 'There is no such webhook.');
}
