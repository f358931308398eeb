import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  ConnectionError,
  HeddleClient,
  NotFoundError,
  RateLimitError,
  ServerError,
  TimeoutError,
  UnexpectedAnswerError,
} from '@heddle/client';
import { waitFor } from '@heddle/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { claimJob, finishJob, startApi, type TestApi } from './api.js';
import { clientOptions, type Fault, openWire, type Wire } from './wire.js';

let api: TestApi;
let wire: Wire;
let client: HeddleClient;
beforeAll(async () => {
  api = await startApi({ HEDDLE_WEBHOOK_ALLOW_HTTP: 'true', HEDDLE_WEBHOOK_ALLOW_CIDRS: '127.0.0.0/8' });
});
afterAll(() => api.stop());
beforeEach(async () => {
  wire = await openWire(api.url);
  client = new HeddleClient(clientOptions(api, wire.url));
});
afterEach(() => wire.close());

const SUBMISSION = { model: 'm', inputs: ['x'] };
const count = async (table: string) => {
  const [row] = await api.database.query<{ n: number }>(`SELECT count(*)::int AS n FROM ${table}`);
  return row!.n;
};
const keys = () => wire.seen.map(({ headers }) => headers['idempotency-key']);
/** What a proxy says of a server that does not answer it. */
const BAD_GATEWAY: Fault = { status: 502, headers: { 'content-type': 'text/html' }, body: '<h1>502</h1>' };

describe('a request', () => {
  it.each<[string, Fault[]]>([
    ['its answer is lost', ['lose']],
    ['its answer breaks off', [{ bytes: 10 }]],
    ['it is cut before it arrives', ['cut', 'cut']],
    ['a proxy refuses it', [BAD_GATEWAY, { status: 504 }]],
    ['all of that', [BAD_GATEWAY, 'lose']],
  ])('that submits makes one job where %s', async (_, faults) => {
    const before = await count('jobs');
    wire.faults.push(...faults);
    const job = await client.jobs.create(SUBMISSION);
    expect(job).toMatchObject({ object: 'job', status: 'queued' });
    expect(wire.seen).toHaveLength(faults.length + 1);
    expect(await count('jobs')).toBe(before + 1);
    expect(new Set(keys()).size).toBe(1);
    expect(keys()[0]).toMatch(/^[0-9a-f]{32}$/);
  });

  it('of another call makes another job, save with the same key', async () => {
    const ids = [];
    for (const idempotencyKey of [undefined, undefined, 'order-17', 'order-17'])
      ids.push((await client.jobs.create(SUBMISSION, { idempotencyKey })).id);
    expect(new Set(ids).size).toBe(3);
    expect(ids[2]).toBe(ids[3]);
    expect(new Set(keys()).size).toBe(3);
  });

  it.each<[string, (client: HeddleClient) => Promise<{ id?: string; slug?: string }>]>([
    ['files', (c) => c.files.upload('once', { purpose: 'batch' })],
    ['models', (c) => c.models.create({ name: 'once' })],
    ['webhook_endpoints', (c) => c.webhooks.create({ url: 'http://127.0.0.1:9000/x', events: ['*'] })],
    ['api_keys', (c) => c.keys.create({ name: 'once', scopes: ['infer'] })],
    ['tenants', (c) => c.tenants.create({ slug: 'once', name: 'Once' })],
  ])('that makes something makes it once: %s', async (table, create) => {
    const before = await count(table);
    wire.faults.push('lose');
    await create(client);
    expect(wire.seen).toHaveLength(2);
    expect(await count(table)).toBe(before + 1);
  });

  it('is given up after two tries more, or as many as told', async () => {
    wire.faults.push('cut', 'cut', 'cut');
    const error = await client.jobs.create(SUBMISSION).catch((thrown: unknown) => thrown as Error);
    expect(error).toBeInstanceOf(ConnectionError);
    expect((error as Error).message).toContain(`cannot reach ${wire.url}`);
    expect(wire.seen).toHaveLength(3);
    wire.faults.push('cut');
    await expect(client.me({ maxRetries: 0 })).rejects.toThrow(ConnectionError);
    expect(wire.seen).toHaveLength(4);
    wire.faults.push(BAD_GATEWAY);
    const refused = client.me({ maxRetries: 0 });
    await expect(refused).rejects.toThrow(ServerError);
    await expect(refused).rejects.toMatchObject({ status: 502, code: null, problem: null });
  });

  it('waits as long as it is asked to, unless that is too long', async () => {
    wire.faults.push({ status: 503, headers: { 'retry-after': '1' } });
    const startedAt = performance.now();
    await client.me();
    expect(performance.now() - startedAt).toBeGreaterThan(990);
    wire.faults.push({ status: 429, headers: { 'retry-after': '61' } });
    await expect(client.me()).rejects.toMatchObject({ name: 'RateLimitError', retryAfterMs: 61_000 });
    wire.faults.push({
      status: 503,
      headers: { 'retry-after': new Date(Date.now() + 3_600_000).toUTCString() },
    });
    await expect(client.me()).rejects.toThrow(ServerError);
    expect(wire.seen).toHaveLength(4);
  });

  it.each<[number, string]>([
    [400, 'BadRequestError'],
    [401, 'UnauthorizedError'],
    [403, 'ForbiddenError'],
    [404, 'NotFoundError'],
    [409, 'ConflictError'],
    [410, 'ApiError'],
    [412, 'PreconditionFailedError'],
    [413, 'PayloadTooLargeError'],
    [422, 'ValidationError'],
    [500, 'ServerError'],
    [501, 'ServerError'],
    [507, 'ServerError'],
  ])('that is refused with %i is a %s, and not tried again', async (status, name) => {
    wire.faults.push({ status });
    await expect(client.jobs.create(SUBMISSION)).rejects.toMatchObject({ status, name });
    expect(wire.seen).toHaveLength(1);
  });

  it.each<[number, string]>([
    [408, 'ApiError'],
    [429, 'RateLimitError'],
    [502, 'ServerError'],
    [503, 'ServerError'],
    [504, 'ServerError'],
  ])('that is refused with %i for the last time is a %s', async (status, name) => {
    wire.faults.push({ status, headers: { 'retry-after': '0' } }, { status });
    const refused = client.jobs.create(SUBMISSION, { maxRetries: 1 });
    await expect(refused).rejects.toMatchObject({ status, name });
    expect(wire.seen).toHaveLength(2);
  });

  it('that finds an earlier one with its key under way comes again', async () => {
    const problem = { code: 'idempotency-in-progress', detail: 'd', request_id: 'req_1', status: 409 };
    wire.faults.push({ status: 409, headers: { 'retry-after': '0' }, body: JSON.stringify(problem) });
    expect(await client.jobs.create(SUBMISSION)).toMatchObject({ status: 'queued' });
    expect(new Set(keys()).size).toBe(1);
  });

  it('that must not be done twice is only tried again where nothing was done', async () => {
    const { id } = await client.webhooks.create({ url: 'http://127.0.0.1:9000/y', events: ['*'] });
    const delivery = await client.webhooks.test(id);
    for (const fault of ['lose', BAD_GATEWAY, { status: 503 }] satisfies Fault[]) {
      wire.seen.length = 0;
      for (const once of [
        () => client.webhooks.rotateSecret(id),
        () => client.webhooks.replay(id, { since: '2026-01-31T12:00:00Z' }),
        () => client.deliveries.retry(delivery.id),
      ]) {
        wire.faults.push(fault);
        await expect(once()).rejects.toThrow(fault === 'lose' ? ConnectionError : ServerError);
      }
      expect(wire.seen).toHaveLength(3);
    }
    wire.faults.push({ status: 429, headers: { 'retry-after': '0' } });
    expect((await client.webhooks.rotateSecret(id)).secret).toMatch(/^whsec_/);
  });

  it('that deletes has succeeded where the try before did', async () => {
    const { id } = await client.files.upload('x', { purpose: 'batch' });
    wire.faults.push('lose');
    expect(await client.files.delete(id)).toBeUndefined();
    await expect(client.files.delete(id)).rejects.toThrow(NotFoundError);
  });

  it('meets the rate limit of a key, and comes again when it may', async () => {
    const { secret } = await client.keys.create({ name: 'slow', scopes: ['read'], rate_limit_per_min: 60 });
    const slow = new HeddleClient({ baseUrl: wire.url, apiKey: secret!, maxRetries: 0 });
    const untilRefused = async () => {
      for (;;) await slow.me();
    };
    const error = await untilRefused().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(RateLimitError);
    expect(error).toMatchObject({ code: 'rate-limited', retryAfterMs: expect.any(Number) });
    expect(await slow.me({ maxRetries: 10 })).toMatchObject({ key: { name: 'slow' } });
  });
});

describe('a stream that can be read only once', () => {
  const pieces = async function* () {
    yield new Uint8Array(10);
  };

  it('is not uploaded again, and one that can be opened again is', async () => {
    wire.faults.push('cut', 'cut');
    await expect(client.files.upload(pieces(), { purpose: 'batch' })).rejects.toThrow(ConnectionError);
    expect(wire.seen).toHaveLength(1);
    expect(await client.files.upload({ open: pieces }, { purpose: 'batch' })).toMatchObject({ bytes: 10 });
  });

  it('that breaks is the error of the upload, and leaves no file', async () => {
    const before = await count('files');
    const broken = async function* () {
      yield new Uint8Array(10);
      throw new RangeError('the disk is gone');
    };
    for (const contents of [broken(), { open: broken }])
      await expect(client.files.upload(contents, { purpose: 'batch' })).rejects.toThrow('the disk is gone');
    expect(wire.seen.length).toBeLessThanOrEqual(2);
    expect(await count('files')).toBe(before);
  });
});

describe('time and signals', () => {
  it('end a request that is not answered', async () => {
    wire.faults.push('hang');
    const timedOut = client.me({ timeoutMs: 50, maxRetries: 0 });
    await expect(timedOut).rejects.toThrow(TimeoutError);
    wire.faults.push('hang', 'hang');
    expect(await client.me({ timeoutMs: 500 })).toMatchObject({ tenant: { slug: 'acme' } });
  });

  it('count from when a held answer is due', async () => {
    const { id } = await client.jobs.create(SUBMISSION);
    expect(await client.jobs.get(id, { waitS: 2, timeoutMs: 500, maxRetries: 0 })).toMatchObject({ id });
  });

  it('end anything with the reason of the signal', async () => {
    const { id } = await client.jobs.create(SUBMISSION);
    const stop = new AbortController();
    const { signal } = stop;
    wire.faults.push('hang');
    const under = [
      client.me({ signal }),
      client.jobs.wait(id, { signal }),
      lastOf(client.jobs.stream(id, { signal })),
      client.run('m', ['waits for nobody'], { signal }),
    ];
    await waitFor(() => wire.seen.length >= 4);
    const reason = new Error('enough');
    stop.abort(reason);
    for (const one of under) await expect(one).rejects.toBe(reason);
    // Not sent at all.
    const before = wire.seen.length;
    await expect(client.me({ signal })).rejects.toBe(reason);
    expect(wire.seen).toHaveLength(before);
  });

  it('end the pause before another try', async () => {
    wire.faults.push({ status: 503, headers: { 'retry-after': '50' } });
    const stop = new AbortController();
    const asked = client.me({ signal: stop.signal });
    await waitFor(() => wire.seen.length === 1 && wire.faults.length === 0);
    stop.abort(new Error('enough'));
    await expect(asked).rejects.toThrow('enough');
  });

  it('end a download, also one that stands still', async () => {
    const { id } = await client.files.upload('0123456789', { purpose: 'batch' });
    const stop = new AbortController();
    const content = await client.files.download(id, { signal: stop.signal });
    stop.abort(new Error('enough'));
    await expect(content.text()).rejects.toThrow('enough');
    wire.faults.push({ bytes: 4 });
    await expect((await client.files.download(id)).text()).rejects.toThrow(ConnectionError);
  });
});

describe('another program at the address', () => {
  it('is told from Heddle', async () => {
    const server = createServer((_, response) => response.end('<html>hello</html>')).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const other = new HeddleClient({ baseUrl: `http://127.0.0.1:${port}`, apiKey: 'hdl_x' });
    await expect(other.me()).rejects.toThrow(UnexpectedAnswerError);
    server.close();
    // Where it is redirected to, a POST would be a GET.
    wire.faults.push({ status: 301, headers: { location: `${api.url}/v1/jobs` } });
    await expect(client.jobs.create(SUBMISSION, { maxRetries: 0 })).rejects.toThrow(ConnectionError);
  });
});

describe('waiting', () => {
  it('goes on when the server is away for a while', async () => {
    const { id } = await client.jobs.create(SUBMISSION);
    // More than any other request is tried, once it has been answered.
    wire.faults.push('no-wait', 'cut', BAD_GATEWAY, 'cut', 'lose');
    const waiting = client.jobs.wait(id, { timeoutMs: 60_000 });
    await waitFor(() => wire.seen.length === 2);
    await finishJob(api, id, await claimJob(api, id));
    expect(await waiting).toMatchObject({ id, status: 'succeeded' });
    expect([wire.faults, wire.seen.length]).toEqual([[], 7]);
    const unknown = 'job_00000000000000000000000000';
    wire.faults.push('cut', 'cut', 'cut');
    await expect(client.jobs.wait(unknown)).rejects.toThrow(ConnectionError);
  });
});

async function lastOf<T>(events: AsyncIterable<T>): Promise<T | undefined> {
  let last: T | undefined;
  for await (const event of events) last = event;
  return last;
}
