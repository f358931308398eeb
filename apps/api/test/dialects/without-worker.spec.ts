import type { Job, Page } from '@heddle/contracts';
import type { Prediction } from '@heddle/dialects';
import { testManifest, waitFor } from '@heddle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { claimJob, startApi, startProcess, stopProcess, type TestApi } from '../api.js';

/** Short, for there is no worker: every call takes too long. */
const TIMEOUT_MS = 1_000;
const WAIT_MS = 30_000;

let api: TestApi;
/** Another api over the same database, in which calls have all the time they want. */
let patient: Awaited<ReturnType<typeof startProcess>>;
beforeAll(async () => {
  api = await startApi({ HEDDLE_DIALECT_TIMEOUT_MS: String(TIMEOUT_MS) });
  const add = (name: string, manifest: Parameters<typeof testManifest>[0]) =>
    api.store.models.addVersion({
      tenantId: api.tenantId,
      name,
      description: '',
      manifest: testManifest(manifest),
    });
  await add('own', { tasks: ['text-classification'] });
  await add('embedder', { head: 'features', tasks: ['embed'] });
  patient = await startProcess({
    HEDDLE_DATABASE_URL: api.database.url,
    HEDDLE_DATA_DIR: api.dataDir,
    HEDDLE_DIALECT_TIMEOUT_MS: '600000',
  });
});
afterAll(async () => {
  await stopProcess(patient.child);
  await api.stop();
});

const newest = async (source: string) => {
  const { body } = await api.call('GET', `/v1/jobs?source=${source}&limit=1`);
  return (body as Page<Job>).data[0];
};
const tensor = { name: 'text', datatype: 'BYTES', shape: [1], data: ['x'] };
/** A call of each dialect. */
const CALLS = [
  ['openai', '/openai/v1/classifications', { model: 'own', input: 'x' }],
  ['cohere', '/cohere/v1/classify', { model: 'own', inputs: ['x'] }],
  ['tei', '/tei/own/predict', { inputs: 'x' }],
  ['hf', '/hf/own', { inputs: 'x' }],
  ['oip', '/oip/v2/models/own/infer', { inputs: [tensor] }],
] as const;

describe.each(CALLS)('a call of %s', (source, path, body) => {
  it('cancels its job when that takes too long', async () => {
    await api.call('POST', path, { body });
    expect(await newest(source)).toMatchObject({ status: 'canceled', source, priority: 'high' });
  });

  it('is run afresh when its key comes again after it took too long', async () => {
    const headers = { 'idempotency-key': `again-${source}` };
    const made = new Set<string>();
    for (let i = 0; i < 2; i++) {
      const answer = await api.call('POST', path, { body, headers });
      expect(answer.status).toBe(source === 'tei' ? 424 : 504);
      made.add((await newest(source))!.id);
    }
    expect(made.size).toBe(2);
  });

  it('cancels its job when the client hangs up', async () => {
    const before = await newest(source);
    const gone = new AbortController();
    const call = fetch(patient.url + path, {
      method: 'POST',
      headers: { authorization: `Bearer ${api.key}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: gone.signal,
    });
    const aborted = expect(call).rejects.toThrow('abort');
    await waitFor(async () => (await newest(source))?.id !== before?.id, { timeoutMs: WAIT_MS });
    gone.abort();
    await aborted;
    await waitFor(async () => (await newest(source))?.status === 'canceled', { timeoutMs: WAIT_MS });
  });

  it('is of the tenant alone', async () => {
    expect((await api.call('POST', path, { body, key: api.strangerKey })).status).toBe(404);
  });
});

describe('a call of OpenAI', () => {
  it('cancels every job of it', async () => {
    const input = Array.from({ length: 1_001 }, () => 'x');
    const answer = await api.call('POST', '/openai/v1/embeddings', { body: { model: 'embedder', input } });
    expect(answer.status).toBe(504);
    const { body } = await api.call('GET', '/v1/jobs?source=openai&task=embed&limit=2');
    const { data } = body as Page<Job>;
    expect(data.map(({ status }) => status)).toEqual(['canceled', 'canceled']);
    expect(data.map(({ counts }) => counts.total).sort()).toEqual([1, 1_000]);
  });

  it('cancels its job when the client hangs up while it runs', async () => {
    const gone = new AbortController();
    const call = fetch(`${patient.url}/openai/v1/classifications`, {
      method: 'POST',
      headers: { authorization: `Bearer ${api.key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'm', input: 'x' }),
      signal: gone.signal,
    });
    const aborted = expect(call).rejects.toThrow('abort');
    const queued = async () => {
      const job = await newest('openai');
      return job?.status === 'queued' && job;
    };
    const { id } = (await waitFor(queued, { timeoutMs: WAIT_MS })) as Job;
    await claimJob(api, id);
    gone.abort();
    await aborted;
    await waitFor(async () => (await newest('openai'))!.status === 'canceled', { timeoutMs: WAIT_MS });
    expect((await newest('openai'))!.id).toBe(id);
  });

  it('takes models named with their owner', async () => {
    const call = (model: string) =>
      api.call('POST', '/openai/v1/classifications', { body: { model, input: 'x' } });
    expect((await call('library/m')).status).toBe(504);
    expect(await newest('openai')).toMatchObject({ model: 'm', task: 'text-classification' });
    expect((await call('acme/own')).status).toBe(504);
    expect((await call('stranger/m')).status).toBe(404);
  });
});

describe('a prediction', () => {
  const PATH = '/replicate/v1/predictions';
  const INPUT = { text: 'x' };
  const make = async (body: object, headers: Record<string, string> = {}) => {
    const answer = await api.call('POST', PATH, {
      body: { version: 'library/m', input: INPUT, ...body },
      headers,
    });
    expect(answer.status, answer.text).toBe(201);
    return answer.body as Prediction;
  };
  const cancel = ({ id }: Prediction) => api.call('POST', `${PATH}/${id}/cancel`);

  it('that runs is starting in the answer that made it, and processing afterwards', async () => {
    const made = make({}, { prefer: 'wait=3' });
    const queued = async () => {
      const job = await newest('replicate');
      return job?.status === 'queued' && job;
    };
    const { id } = (await waitFor(queued, { timeoutMs: WAIT_MS })) as Job;
    await claimJob(api, id);
    expect(await made).toMatchObject({ id, status: 'starting', started_at: expect.any(String) });
    const { body } = await api.call('GET', `${PATH}/${id}`);
    expect(body).toMatchObject({ id, status: 'processing', output: null });
    expect((await cancel(body)).body).toMatchObject({ id, status: 'canceled' });
  });

  it.each([
    ['90s', 90],
    ['5m', 300],
    ['1h', 3_600],
  ])('fails when Cancel-After %s is over', async (header, seconds) => {
    const made = await make({}, { 'cancel-after': header });
    const { deadline, created_at: from } = (await newest('replicate'))!;
    expect(Date.parse(deadline) - Date.parse(from)).toBe(seconds * 1_000);
    await cancel(made);
  });

  it('is of a version, however that is named', async () => {
    const { version } = await make({});
    for (const named of [version, 'library/m', `library/m:${version}`, `acme/m:${version}`]) {
      const made = await make({ version: named });
      expect(made).toMatchObject({ version, status: 'starting', input: INPUT });
      await cancel(made);
    }
    for (const named of [`library/ner:${version}`, 'stranger/m', 'ver_nothing']) {
      const body = { version: named, input: INPUT };
      expect((await api.call('POST', PATH, { body })).status).toBe(404);
    }
  });

  it('has the text of its pair beside its text', async () => {
    const input = { text: 'x', text_pair: 'y' };
    const made = await make({ input });
    expect(made.input).toEqual(input);
    expect((await newest('replicate'))!.id).toBe(made.id);
    await cancel(made);
  });

  it('tells the webhook of older clients of its end alone', async () => {
    const webhook = 'https://example.com/hook';
    const made = await make({ webhook_completed: webhook, stream: true });
    expect(made).toMatchObject({ webhook, webhook_events_filter: ['completed'] });
    await cancel(made);
  });

  it('has a stream that a key opens too, and nobody else’s', async () => {
    const made = await make({});
    await cancel(made);
    const { pathname } = new URL(made.urls.stream!);
    const open = (key: string) => fetch(api.url + pathname, { headers: { authorization: `Bearer ${key}` } });
    const response = await open(api.key);
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
    expect(await response.text()).toContain('event: done\ndata: {"reason":"canceled"}');
    expect((await open(api.strangerKey)).status).toBe(404);
    expect((await fetch(api.url + pathname)).status).toBe(401);
  });

  it.each([
    ['POST', '/models'],
    ['POST', '/deployments'],
    ['GET', '/trainings'],
    ['POST', '/models/library/m/versions/ver_x/trainings'],
    ['GET', '/collections'],
    ['GET', '/collections/all'],
    ['QUERY', '/models'],
  ])('is all there is: %s %s is not', async (method, path) => {
    const response = await fetch(`${api.url}/replicate/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${api.key}`, 'content-type': 'application/json' },
      ...(method === 'GET' ? {} : { body: '{}' }),
    });
    expect([response.status, await response.json()]).toMatchObject([
      404,
      { title: 'Not found', status: 404 },
    ]);
  });
});

describe('a server that is not ready', () => {
  it('says so to everybody, and never with 503 to the clients of Hugging Face', async () => {
    for (const [path, status] of [
      ['/tei/own/health', 503],
      ['/tei/no/health', 503],
      ['/tei/own/ping', 503],
      ['/hf/own/health', 429],
      ['/oip/v2/health/ready', 503],
      ['/oip/v2/health/live', 200],
    ] as const)
      expect([path, (await api.call('GET', path, { key: null })).status]).toEqual([path, status]);
    const { body } = await api.call('GET', '/tei/own/health', { key: null });
    expect(body).toMatchObject({ error_type: 'Unhealthy' });
  });
});

describe('a rate that is exceeded', () => {
  it('is told with the time after which to come back', async () => {
    const { body: key } = await api.call('POST', '/v1/keys', {
      body: { name: 'slow', scopes: ['infer', 'read'], rate_limit_per_min: 1 },
    });
    const { secret } = key as { secret: string };
    expect((await api.call('GET', '/hf/own/info', { key: secret })).status).toBe(200);
    for (const [, path, body] of CALLS) {
      const answer = await api.call('POST', path, { body, key: secret });
      expect([path, answer.status]).toEqual([path, 429]);
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
      expect(answer.headers.get('ratelimit')).toMatch(/^"default";r=0;t=\d+$/);
      expect(answer.headers.get('ratelimit-policy')).toMatch(/^"default";q=1;w=60$/);
    }
  });
});
