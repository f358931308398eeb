import type { CreateOptions, RequestOptions } from '../http/call.js';
import { segment } from '../http/call.js';
import { Pages } from '../http/pages.js';
import type { Transport } from '../http/transport.js';
import type { BodyOf, Delivery, FilterOf, Replayed, Webhook, WebhookEvent, WebhookSecret } from '../types.js';
import { type VerifyOptions, verifyWebhook, type WebhookHeaders } from '../verify-webhook.js';

/** `id`: `whe_…`. */
export class Webhooks {
  constructor(private readonly transport: Transport) {}

  /** The answer has the `secret`, this once. */
  create(body: BodyOf<'createWebhook'>, options: CreateOptions = {}): Promise<Webhook> {
    return this.transport.json({ method: 'POST', path: '/v1/webhooks', body, creates: true }, options);
  }

  get(id: string, options: RequestOptions = {}): Promise<Webhook> {
    return this.transport.json({ method: 'GET', path: pathOf(id) }, options);
  }

  list(filter: FilterOf<'listWebhooks'> = {}, options: RequestOptions = {}): Pages<Webhook> {
    return new Pages(this.transport, '/v1/webhooks', filter, options);
  }

  update(id: string, body: BodyOf<'changeWebhook'>, options: RequestOptions = {}): Promise<Webhook> {
    return this.transport.json({ method: 'PATCH', path: pathOf(id), body }, options);
  }

  delete(id: string, options: RequestOptions = {}): Promise<void> {
    return this.transport.json({ method: 'DELETE', path: pathOf(id) }, options);
  }

  /** Signs with another secret from now on; `default` is the one of jobs' own webhooks. Not tried again where the answer was lost. */
  rotateSecret(
    id: string,
    body: BodyOf<'rotateWebhookSecret'> = {},
    options: RequestOptions = {},
  ): Promise<WebhookSecret> {
    const path = `${pathOf(id)}/rotate-secret`;
    return this.transport.json({ method: 'POST', path, body, unrepeatable: true }, options);
  }

  /** What jobs' own webhooks are signed with. */
  defaultSecret(options: RequestOptions = {}): Promise<WebhookSecret> {
    return this.transport.json({ method: 'GET', path: pathOf('default') }, options);
  }

  /** Sends `webhook.test`. */
  test(id: string, options: CreateOptions = {}): Promise<Delivery> {
    return this.transport.json(
      { method: 'POST', path: `${pathOf(id)}/test`, body: {}, creates: true },
      options,
    );
  }

  /** Sends what was not delivered since then again. Not tried again where the answer was lost. */
  replay(id: string, body: BodyOf<'replayWebhook'>, options: RequestOptions = {}): Promise<Replayed> {
    const path = `${pathOf(id)}/replay`;
    return this.transport.json({ method: 'POST', path, body, unrepeatable: true }, options);
  }

  /** What a receiver does: see `verifyWebhook`. */
  verify(
    rawBody: string | Uint8Array,
    headers: WebhookHeaders,
    secret: string,
    options: VerifyOptions = {},
  ): Promise<WebhookEvent> {
    return verifyWebhook(rawBody, headers, secret, options);
  }
}

function pathOf(id: string): string {
  return `/v1/webhooks/${segment(id)}`;
}
