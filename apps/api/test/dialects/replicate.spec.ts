import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { waitFor } from '@heddle/testing';
import Replicate, { type Prediction, validateWebhook } from 'replicate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Received, withReceiver } from './receiver.js';
import { type DialectWorld, startDialectWorld, WORLD_TIMEOUT_MS } from './world.js';

let world: DialectWorld;
let replicate: Replicate;
/** `ver_…` of sentiment. */
let version: string;
beforeAll(async () => {
  world = await startDialectWorld({
    HEDDLE_WEBHOOK_ALLOW_HTTP: 'true',
    HEDDLE_WEBHOOK_ALLOW_CIDRS: '127.0.0.0/8',
    HEDDLE_WEBHOOK_SCHEDULE: '1,1,2',
  });
  replicate = clientWith(world.heddle.key);
  const found = await world.client.request<{ id: string }>('GET', '/v1/models/sentiment/versions/1');
  version = found.id;
}, WORLD_TIMEOUT_MS);
afterAll(() => world.stop());

function clientWith(auth: string): Replicate {
  return new Replicate({ auth, baseUrl: `${world.heddle.url}/replicate/v1`, useFileOutput: false });
}

/** A receiver takes so long to answer that events out of their order would meet. */
const SLOW_MS = 300;

interface Labels {
  labels: { label: string; score: number }[];
}

/** While it lasts no job of sentiment runs. */
async function paused<Result>(work: () => Promise<Result>): Promise<Result> {
  await world.client.request('POST', `/v1/queues/${version}/pause`, {});
  try {
    return await work();
  } finally {
    await world.client.request('POST', `/v1/queues/${version}/resume`, {});
  }
}

describe('run', () => {
  it.each([
    ['a model', () => `${world.slug}/sentiment` as const],
    ['a model of all tenants', () => 'library/sentiment' as const],
    ['a version', () => `${world.slug}/sentiment:${version}` as const],
  ])('answers as the native API does: %s', async (_, reference) => {
    const output = (await replicate.run(reference(), { input: { text: 'I loved it' } })) as Labels;
    const job = await world.client.run({ model: 'sentiment', inputs: ['I loved it'] });
    const native = job.results![0]!.output as Labels;
    expect(output.labels.map(({ label }) => label)).toEqual(native.labels.map(({ label }) => label));
    for (const [i, { score }] of output.labels.entries())
      expect(Math.abs(score - native.labels[i]!.score)).toBeLessThan(1e-4);
  });

  it('waits by asking again where that is wished', async () => {
    const wait = { mode: 'poll', interval: 50 } as const;
    const output = (await replicate.run('library/sentiment', {
      input: { inputs: ['I loved it', 'meh'], top_k: 1 },
      wait,
    })) as Labels[];
    expect(output.map(({ labels }) => labels.length)).toEqual([1, 1]);
  });

  it('takes tasks and their parameters beside the items', async () => {
    const output = (await replicate.run('library/nli', {
      input: {
        inputs: 'The match ended 2-1',
        task: 'zero-shot-classification',
        candidate_labels: ['sport', 'politics'],
      },
    })) as Labels;
    expect(output.labels[0]!.label).toBe('sport');
  });

  it('fails with what is wrong with the only item, and not with one of several', async () => {
    const long = 'word '.repeat(3_000);
    await expect(replicate.run('library/sentiment', { input: { text: long } })).rejects.toThrow(
      /Prediction failed: .*tokens/,
    );
    const output = (await replicate.run('library/sentiment', {
      input: { inputs: ['I loved it', long] },
    })) as [Labels, { error: { code: string } }];
    expect(output[0].labels[0]!.label).toBe('positive');
    expect(output[1].error.code).toBe('input-too-long');
  });
});

describe('predictions', () => {
  it('are made at once, found and waited for', async () => {
    const created = await paused(async () => {
      const made = await replicate.predictions.create({ version, input: { inputs: ['a', 'b'], top_k: 1 } });
      expect(made).toMatchObject({
        model: 'library/sentiment',
        version,
        status: 'starting',
        input: { inputs: ['a', 'b'], top_k: 1 },
        output: null,
        error: null,
        logs: '',
        started_at: null,
        completed_at: null,
        data_removed: false,
        source: 'api',
      });
      for (const url of Object.values(made.urls)) expect(url.startsWith(world.heddle.url)).toBe(true);
      expect((await replicate.predictions.get(made.id)).status).toBe('starting');
      return made;
    });
    const ended = await replicate.wait(created, { interval: 50 });
    expect(ended.status).toBe('succeeded');
    expect(ended.output).toHaveLength(2);
    expect(ended.metrics!.predict_time).toBeGreaterThan(0);
    expect(Date.parse(ended.completed_at!)).toBeGreaterThanOrEqual(Date.parse(ended.created_at));
    const job = await world.client.get(created.id);
    expect(job).toMatchObject({ source: 'replicate', priority: 'normal' });
  });

  it('are waited for by a header, and live on where that is too short', async () => {
    const ended = await replicate.predictions.create({
      model: `${world.slug}/sentiment`,
      input: { text: 'x' },
      wait: 30,
    });
    expect(ended).toMatchObject({ status: 'succeeded', input: { text: 'x' } });
    expect((await world.client.get(ended.id)).priority).toBe('high');
    const started = await paused(() =>
      replicate.predictions.create({ version, input: { text: 'x' }, wait: 1 }),
    );
    expect(started.status).toBe('starting');
    expect((await replicate.wait(started, { interval: 50 })).status).toBe('succeeded');
  });

  it('are made once with an Idempotency-Key, whatever headers say, and never of another input', async () => {
    const post = async (input: object, headers: Record<string, string> = {}) => {
      const response = await fetch(`${world.heddle.url}/replicate/v1/predictions`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${world.heddle.key}`,
          'content-type': 'application/json',
          'idempotency-key': 'prediction-1',
          ...headers,
        },
        body: JSON.stringify({ version, input }),
      });
      const body = (await response.json()) as Prediction & { code?: string };
      return { status: response.status, replayed: response.headers.get('idempotency-replayed'), body };
    };
    const first = await paused(() => post({ inputs: ['x'] }));
    expect([first.status, first.replayed, first.body.status]).toEqual([201, null, 'starting']);
    const again = await post({ inputs: ['x'] }, { prefer: 'wait=30', 'cancel-after': '5m' });
    expect([again.status, again.replayed]).toEqual([201, 'true']);
    expect(again.body).toMatchObject({ id: first.body.id, status: 'succeeded' });
    expect(again.body.output).toHaveLength(1);
    for (const other of [{ inputs: 'x' }, { text: 'x' }, { inputs: ['x'], top_k: 1 }]) {
      const { status, body } = await post(other);
      expect([status, body.code]).toEqual([422, 'idempotency-key-reused']);
    }
  });

  it('are of deployments, which are aliases', async () => {
    for (const name of ['sentiment', 'sentiment@production']) {
      const made = await replicate.deployments.predictions.create(world.slug, name, { input: { text: 'x' } });
      expect(made).toMatchObject({ deployment: `${world.slug}/${name}`, version });
    }
    await expect(
      replicate.deployments.predictions.create(world.slug, 'sentiment@nothing', { input: { text: 'x' } }),
    ).rejects.toMatchObject({ response: { status: 404 } });
  });

  it('are canceled, once and for all', async () => {
    await paused(async () => {
      const made = await replicate.predictions.create({ version, input: { text: 'x' } });
      for (let i = 0; i < 2; i++)
        expect(await replicate.predictions.cancel(made.id)).toMatchObject({
          status: 'canceled',
          output: null,
        });
    });
  });

  it('fail when their time is over', async () => {
    await paused(async () => {
      const response = await fetch(`${world.heddle.url}/replicate/v1/predictions`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${world.heddle.key}`,
          'content-type': 'application/json',
          'cancel-after': '1s',
        },
        body: JSON.stringify({ version, input: { text: 'x' } }),
      });
      expect(response.status).toBe(201);
      const { id } = (await response.json()) as Prediction;
      await waitFor(async () => (await replicate.predictions.get(id)).status === 'failed', {
        timeoutMs: 60_000,
      });
      expect((await replicate.predictions.get(id)).error).toMatch(/deadline/);
    });
  });

  it('are listed by pages of a hundred, without those of other interfaces', async () => {
    const job = await world.client.run({ model: 'sentiment', inputs: ['x'] });
    await paused(async () => {
      const made: string[] = [];
      for (let i = 0; i < 101; i++)
        made.push((await replicate.predictions.create({ version, input: { text: 'x' } })).id);
      const pages: Prediction[][] = [];
      for await (const page of replicate.paginate(replicate.predictions.list)) pages.push(page);
      expect(pages[0]).toHaveLength(100);
      const listed = pages.flat().map(({ id }) => id);
      expect(listed.slice(0, 101)).toEqual(made.toReversed());
      expect(new Set(listed).size).toBe(listed.length);
      expect(listed).not.toContain(job.id);
      for (const id of made) await replicate.predictions.cancel(id);
    });
    await expect(replicate.predictions.get(job.id)).rejects.toMatchObject({ response: { status: 404 } });
  });
});

describe('streams', () => {
  it('tell each output, and the end', async () => {
    const events: { event: string; data: string }[] = [];
    for await (const event of replicate.stream('library/sentiment', {
      input: { inputs: ['I loved it', 'meh'] },
    }))
      events.push(event);
    expect(events.map(({ event }) => event)).toEqual(['output', 'output', 'done']);
    expect((JSON.parse(events[0]!.data) as Labels).labels[0]!.label).toBe('positive');
    expect(events[2]!.data).toBe('{}');
  });

  it('are opened by their own URL, for that prediction alone', async () => {
    const [one, other] = [
      await replicate.predictions.create({ version, input: { text: 'x' } }),
      await replicate.predictions.create({ version, input: { text: 'y' } }),
    ];
    const url = new URL(one.urls.stream!);
    const response = await fetch(url);
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
    const text = await response.text();
    const blocks = text.split('\n\n').filter((block) => block.includes('event:'));
    for (const block of blocks) expect(block).toMatch(/^id: \d+$/m);
    const lastId = /id: (\d+)/.exec(blocks.at(-1)!)![1]!;
    const again = await fetch(url, { headers: { 'last-event-id': lastId } });
    expect(again.status).toBe(204);
    const elsewhere = new URL(other.urls.stream!);
    elsewhere.search = url.search;
    expect((await fetch(elsewhere)).status).toBe(401);
  });

  it('say that it was canceled, and why it failed', async () => {
    const eventsOf = async ({ urls }: Prediction) => {
      const text = await (await fetch(urls.stream!)).text();
      return [...text.matchAll(/^event: (\w+)\ndata: (.*)$/gm)].map(([, event, data]) => [
        event,
        JSON.parse(data!) as unknown,
      ]);
    };
    await paused(async () => {
      const made = await replicate.predictions.create({ version, input: { text: 'x' } });
      await replicate.predictions.cancel(made.id);
      expect(await eventsOf(made)).toEqual([['done', { reason: 'canceled' }]]);
    });
    const failed = await replicate.predictions.create({
      version,
      input: { text: 'word '.repeat(3_000) },
    });
    expect(await eventsOf(failed)).toEqual([
      ['error', { detail: expect.stringContaining('tokens') }],
      ['done', { reason: 'error' }],
    ]);
  });
});

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
      await waitFor(async () => received.length === 1, { timeoutMs: 30_000 });
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
      await waitFor(async () => received.length === 3, { timeoutMs: 30_000 });
      expect(received.map(statusIn).sort()).toEqual(['processing', 'succeeded', 'succeeded']);
      const before = received.length;
      await replicate.predictions.create({
        version,
        input: { text: 'x' },
        webhook,
        webhook_events_filter: ['start', 'logs'],
      });
      await waitFor(async () => received.length === before + 1, { timeoutMs: 30_000 });
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
      await waitFor(async () => received.length === 3, { timeoutMs: 30_000 });
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

describe('models', () => {
  it('are listed and found, with their versions', async () => {
    const { results } = await replicate.models.list();
    expect(results.map(({ name }) => name)).toEqual(expect.arrayContaining(['sentiment', 'embedder']));
    const model = await replicate.models.get('library', 'sentiment');
    expect(model).toMatchObject({
      owner: 'library',
      name: 'sentiment',
      visibility: 'public',
      run_count: 0,
      latest_version: { id: version },
    });
    const own = await replicate.models.get(world.slug, 'embedder');
    expect(own).toMatchObject({ owner: world.slug, visibility: 'private' });
    const versions = await replicate.models.versions.list('library', 'sentiment');
    expect(versions.results.map(({ id }) => id)).toEqual([version]);
    const one = await replicate.models.versions.get('library', 'sentiment', version);
    expect(one).toMatchObject({ id: version, cog_version: '0.16.0' });
    for (const [owner, name] of [
      ['strangers', 'sentiment'],
      ['library', 'nothing'],
    ] as const)
      await expect(replicate.models.get(owner, name)).rejects.toMatchObject({ response: { status: 404 } });
  });

  it('have deployments', async () => {
    const { results } = await replicate.deployments.list();
    expect(results).toContainEqual(
      expect.objectContaining({ owner: 'library', name: 'sentiment@production' }),
    );
    const found = await replicate.deployments.get(world.slug, 'sentiment');
    expect(found.current_release).toMatchObject({ model: 'library/sentiment', version, number: 1 });
  });
});

it('files are kept, listed and deleted', async () => {
  const made = await replicate.files.create(new Blob(['hello'], { type: 'text/plain' }), { a: 1 });
  expect(made).toMatchObject({ size: 5, checksums: { sha256: expect.any(String) } });
  expect((await replicate.files.list()).results.map(({ id }) => id)).toEqual([made.id]);
  expect(await replicate.files.get(made.id)).toEqual(made);
  expect(await replicate.files.delete(made.id)).toBe(true);
  await expect(replicate.files.get(made.id)).rejects.toMatchObject({ response: { status: 404 } });
});

it('the account is the tenant', async () => {
  expect(await replicate.accounts.current()).toMatchObject({ type: 'organization', username: world.slug });
  expect(await replicate.hardware.list()).toHaveLength(1);
});

describe('errors', () => {
  it.each([
    ['no key', 'hdl_no', 401],
    ['no such version', null, 404],
  ])('%s', async (_, key, status) => {
    const client = key ? clientWith(key) : replicate;
    await expect(
      client.predictions.create({ version: 'ver_nothing', input: { text: 'x' } }),
    ).rejects.toMatchObject({ response: { status } });
  });

  it('are problem documents', async () => {
    const refused = await replicate.predictions
      .create({ version, input: { text: 'x', colour: 'red' } })
      .catch((error: unknown) => error as { response: Response; message: string });
    const { response, message } = refused as { response: Response; message: string };
    expect(response.status).toBe(422);
    expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(message).toContain('"title":"Invalid request"');
    expect(message).toContain('/parameters/colour');
  });

  it('say what is not there', async () => {
    await expect(replicate.collections.list()).rejects.toMatchObject({ response: { status: 404 } });
    await expect(replicate.trainings.list()).rejects.toMatchObject({ response: { status: 404 } });
    const made = replicate.models.create('acme', 'new', { visibility: 'private', hardware: 'cpu' });
    await expect(made).rejects.toMatchObject({ response: { status: 404 } });
    await expect(replicate.models.search('sentiment')).rejects.toMatchObject({ response: { status: 404 } });
  });
});
