import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { waitFor } from '@heddle/testing';
import { type Prediction, validateWebhook } from 'replicate';
import { describe, expect, it } from 'vitest';
import { type Received, withReceiver } from '../receiver.js';
import { clientWith, replicate, version, world } from './setting.js';

/** A receiver takes so long to answer that events out of their order would meet. */
const SLOW_MS = 300;

describe('webhooks', () => {
  const statusIn = ({ body }: Received) => (JSON.parse(body) as Prediction).status;

  it('are the prediction, signed with the secret that is asked for', async () => {
    const { key } = await replicate.webhooks.default.secret.get();
    expect(key).toMatch(/^whsec_[A-Za-z0-9+/]+=*$/);
    await withReceiver(async (webhook, received) => {
      const made = await replicate.predictions.create({
        version,
        input: { text: 'I loved it' },
        webhook,
        webhook_events_filter: ['completed'],
      });
      expect(made).toMatchObject({ webhook, webhook_events_filter: ['completed'] });
      await waitFor(async () => received.length === 1);
      const [{ headers, body }] = received as [Received];
      const ended = await replicate.predictions.get(made.id);
      const { urls: _, ...told } = JSON.parse(body) as Prediction;
      const { urls: __, ...shown } = ended;
      expect(told).toEqual(shown);
      expect(told.status).toBe('succeeded');
      const sent = {
        id: headers['webhook-id']!,
        timestamp: headers['webhook-timestamp']!,
        signature: headers['webhook-signature']!,
        body,
        secret: key,
      };
      expect(await validateWebhook(sent)).toBe(true);
      expect(await validateWebhook({ ...sent, body: body.replace('succeeded', 'failed') })).toBe(false);
    });
  });

  it('tell of the start, of outputs and of the end, and of nothing that was not asked for', async () => {
    await withReceiver(async (webhook, received) => {
      await replicate.predictions.create({ version, input: { text: 'x' }, webhook });
      await waitFor(async () => received.length === 3);
      expect(received.map(statusIn).sort()).toEqual(['processing', 'succeeded', 'succeeded']);
      const before = received.length;
      await replicate.predictions.create({
        version,
        input: { text: 'x' },
        webhook,
        webhook_events_filter: ['start', 'logs'],
      });
      await waitFor(async () => received.length === before + 1);
      expect(statusIn(received.at(-1)!)).toBe('processing');
    });
  });

  it('of one prediction come one after the other', async () => {
    const bodies: { id: string; at: number; answeredAt: number }[] = [];
    const server = createServer((request, response) => {
      const at = performance.now();
      request.resume().on('end', () => {
        setTimeout(() => {
          bodies.push({ id: String(request.headers['webhook-id']), at, answeredAt: performance.now() });
          response.end();
        }, SLOW_MS);
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const webhook = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
      const made: string[] = [];
      for (let i = 0; i < 4; i++)
        made.push((await replicate.predictions.create({ version, input: { text: 'x' }, webhook })).id);
      await waitFor(async () => bodies.length === 3 * made.length, { timeoutMs: 60_000 });
      for (const id of made) {
        const { data } = await world.client.request<{ data: { event: string; event_type: string }[] }>(
          'GET',
          `/v1/deliveries?job=${id}`,
        );
        const typeOf = new Map(data.map(({ event, event_type }) => [event, event_type]));
        const told = bodies.filter((body) => typeOf.has(body.id)).sort((a, b) => a.at - b.at);
        expect(told.map((body) => typeOf.get(body.id))).toEqual([
          'prediction.start',
          'prediction.output',
          'prediction.completed',
        ]);
        for (const [i, { at }] of told.entries())
          if (i > 0) expect(at).toBeGreaterThan(told[i - 1]!.answeredAt);
      }
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  it('of others are told in the native form', async () => {
    await withReceiver(async (url, received) => {
      const endpoint = await world.client.request<{ id: string }>('POST', '/v1/webhooks', {
        url,
        events: ['*'],
      });
      const made = await replicate.predictions.create({
        version,
        input: { text: 'x' },
        webhook: `${url}/own`,
        webhook_events_filter: ['completed'],
      });
      await waitFor(async () => received.length === 3);
      const bodies = received.map(({ body }) => JSON.parse(body) as { type?: string; id: string });
      expect(bodies.map(({ type }) => type ?? 'prediction').sort()).toEqual([
        'job.started',
        'job.succeeded',
        'prediction',
      ]);
      expect(bodies.find(({ type }) => type === undefined)!.id).toBe(made.id);
      await fetch(`${world.heddle.url}/v1/webhooks/${endpoint.id}`, {
        method: 'DELETE',
        headers: { authorization: `Bearer ${world.heddle.key}` },
      });
    });
  });

  it('may not go everywhere', async () => {
    const webhook = 'http://10.0.0.1/hook';
    await expect(
      replicate.predictions.create({ version, input: { text: 'x' }, webhook }),
    ).rejects.toMatchObject({ response: { status: 422 } });
  });

  it('have a secret for those who manage', async () => {
    const { secret } = await world.client.request<{ secret: string }>('POST', '/v1/keys', {
      name: 'infers',
      scopes: ['infer'],
    });
    await expect(clientWith(secret).webhooks.default.secret.get()).rejects.toMatchObject({
      response: { status: 403 },
    });
  });
});
