import type { Job, Page } from '@heddle/contracts';
import { LIBRARY_TENANT } from '@heddle/store';
import { testManifest, waitFor } from '@heddle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, startApi, startProcess, stopProcess, type TestApi, WORKER } from '../api.js';
import { type Meaning, type Row, TABLE } from './error-table.js';
import { type Dialect, ROUTES, type Route } from './routes.js';

/** Short, for there is no worker: every call takes too long. */
const TIMEOUT_MS = 1_000;
/** Until whoever waits has looked again, on a machine that has other things to do. */
const WAIT_MS = 60_000;
const CAP_OF_TENANT = 500;
const CAP = 2 * CAP_OF_TENANT;
/** After so many crashes a job is not tried again. */
const MAX_CRASHES = 3;

const MODELS = { classifier: 'm', embedder: 'embedder', reranker: 'reranker' };
/** A model that is of none of these kinds. */
const OTHER = 'ner';
const TYPES: Record<number, string> = {
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  429: 'rate_limit_error',
};

let api: TestApi;
/** Another api over the same database, in which calls may take long and little room is left. */
let patient: Awaited<ReturnType<typeof startProcess>>;
const versions: string[] = [];
let reader: string;
beforeAll(async () => {
  api = await startApi({ HEDDLE_DIALECT_TIMEOUT_MS: String(TIMEOUT_MS) });
  reader = await api.keyWith(['read']);
  const { id: tenantId } = await api.store.tenants.ensure(LIBRARY_TENANT, 'Library');
  const add = async (name: string, manifest: Parameters<typeof testManifest>[0]) => {
    const version = { tenantId, name, description: '', manifest: testManifest(manifest) };
    return (await api.store.models.addVersion(version)).id;
  };
  versions.push(
    api.versionId,
    await add('embedder', { head: 'features', tasks: ['embed'], labels: [] }),
    await add('reranker', { tasks: ['text-classification', 'rerank', 'score'], labels: ['relevant'] }),
  );
  for (const { id } of await api.store.models.list(tenantId))
    await api.store.aliases.put(tenantId, id, 'production', { version: { number: 1 } }, null);
  patient = await startProcess({
    HEDDLE_DATABASE_URL: api.database.url,
    HEDDLE_DATA_DIR: api.dataDir,
    HEDDLE_RATE_LIMIT_PER_MIN: '0',
    HEDDLE_DIALECT_TIMEOUT_MS: '600000',
    HEDDLE_MAX_QUEUED_ITEMS_PER_TENANT: String(CAP_OF_TENANT),
    HEDDLE_MAX_QUEUED_ITEMS: String(CAP),
  });
});
afterAll(async () => {
  await stopProcess(patient.child);
  await api.stop();
});

const bodyOf = (route: Route, texts = ['x']) => route.body(MODELS[route.kind], texts);

interface Sent {
  model?: string;
  body?: unknown;
  raw?: string;
  key?: string | null;
  headers?: Record<string, string>;
  url?: string;
}
async function ask(
  route: Route,
  { model = MODELS[route.kind], url = api.url, ...sent }: Sent,
): Promise<Answer> {
  const key = sent.key === undefined ? api.key : sent.key;
  const path = route.path(model);
  const response = await fetch(url + path, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(key === null ? {} : { authorization: `Bearer ${key}` }),
      ...sent.headers,
    },
    body: sent.raw ?? JSON.stringify(sent.body ?? bodyOf(route)),
  });
  const text = await response.text();
  const answer = {
    status: response.status,
    headers: response.headers,
    text,
    body: JSON.parse(text) as never,
  };
  api.document.check('POST', path, answer);
  return answer;
}

/** Holds an answer against the cell of the table, and against the form that the dialect's clients read. */
function expectCell(meaning: Meaning, { dialect, name }: Route, { status, headers, body }: Answer): void {
  const [expected, code] = (TABLE[meaning] as Row)[dialect];
  expect([name, status, JSON.stringify(body)]).toEqual([name, expected, expect.any(String)]);
  expect(headers.get('x-request-id')).not.toBeNull();
  if (status === 429 || status === 503) expect(headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
  const text = expect.any(String);
  const forms: Record<Dialect, unknown> = {
    native: expect.objectContaining({ status, ...(code ? { code } : {}) }),
    replicate: expect.objectContaining({ title: text, detail: text, status, type: text, instance: text }),
    openai: {
      error: {
        message: text,
        type: TYPES[status] ?? (status < 500 ? 'invalid_request_error' : 'server_error'),
        param: (body as { error: { param: unknown } }).error?.param,
        code,
      },
    },
    cohere: { message: text, id: headers.get('x-request-id') },
    tei: name.endsWith('embeddings')
      ? { message: text, code: status, error_type: code }
      : { error: text, error_type: code },
    hf: { error: text, error_type: text },
    oip: { error: text },
  };
  expect([name, body]).toEqual([name, forms[dialect]]);
}

const inEach = (meaning: Meaning, asked: (route: Route) => Sent | Promise<Sent>) =>
  it.each(ROUTES)(`${meaning}: $dialect, $name`, async (route) => {
    expectCell(meaning, route, await ask(route, await asked(route)));
  });

describe('a request is refused in the words of its dialect for', () => {
  inEach('bad JSON', () => ({ raw: '{' }));
  inEach('a bad field', (route) => ({ body: { ...bodyOf(route), ...route.wrong } }));
  inEach('no inputs', (route) => ({
    body: route.dialect === 'replicate' ? { ...bodyOf(route), input: { inputs: [] } } : bodyOf(route, []),
  }));
  inEach('no key', () => ({ key: null }));
  inEach('a bad key', () => ({ key: 'hdl_nothing' }));
  inEach('a key that may not infer', () => ({ key: reader }));
  inEach('a model that is not there', (route) => ({ model: 'no', body: route.body('no', ['x']) }));
  inEach('a wrong task', (route) =>
    route.foreign
      ? { body: { ...bodyOf(route), ...route.foreign } }
      : { model: OTHER, body: route.body(OTHER, ['x']) },
  );
  inEach('too many inputs', (route) => ({ body: bodyOf(route, Array(route.most + 1).fill('x')) }));
  inEach('a body that is too large', () => ({ raw: `"${'x'.repeat(9_000_000)}"` }));

  it('requests too many', async () => {
    const key = await api.store.keys.create(api.tenantId, 'slow', ['infer'], 1);
    await api.call('GET', '/v1/me', { key });
    for (const route of ROUTES) expectCell('requests too many', route, await ask(route, { key }));
  });
});

/** These never wait by themselves. */
const waiting = ({ dialect }: Route, s: number): Sent =>
  dialect === 'native' || dialect === 'replicate' ? { headers: { prefer: `wait=${s}` } } : {};
const isCreated = ({ dialect }: Route) => dialect === 'native' || dialect === 'replicate';
const queued = async () => {
  const { body } = await api.call('GET', '/v1/jobs?status=queued&limit=100');
  return (body as Page<Job>).data;
};

/** Hands what is queued of a version to a worker that crashes of it. */
async function crash(versionId: string): Promise<void> {
  const claims: { id: string; epoch: number }[] = [];
  await api.store.jobs.dispatch(versionId, ROUTES.length, async (candidates) => {
    claims.push(...candidates);
    return candidates;
  });
  const jobs = await api.store.jobs.claim(claims, WORKER);
  await api.store.jobs.giveBack(jobs, 'worker-crashed', WORKER.id);
}

describe('a call is told in the words of its dialect of', () => {
  it('a call that took too long', async () => {
    await Promise.all(
      ROUTES.map(async (route) => {
        const answer = await ask(route, waiting(route, 1));
        if (!isCreated(route)) return expectCell('a call that took too long', route, answer);
        // Here a wait only ends: the job lives on.
        const { status, id } = answer.body as Job;
        expect([answer.status, status]).toEqual(
          route.dialect === 'native' ? [202, 'queued'] : [201, 'starting'],
        );
        await api.call('POST', `/v1/jobs/${id}/cancel`);
      }),
    );
    expect(await queued()).toEqual([]);
  });

  it('an inference that failed', async () => {
    const answers = ROUTES.map((route) => ask(route, { ...waiting(route, 60), url: patient.url }));
    await waitFor(async () => (await queued()).length === ROUTES.length, { timeoutMs: WAIT_MS });
    for (let crashes = 0; crashes < MAX_CRASHES; crashes++) for (const id of versions) await crash(id);
    for (const [i, answer] of (await Promise.all(answers)).entries()) {
      const route = ROUTES[i]!;
      if (!isCreated(route)) expectCell('an inference that failed', route, answer);
      else expect([answer.status, (answer.body as Job).status]).toEqual([201, 'failed']);
    }
  });

  it('a quota that is used up, and an instance that is full', async () => {
    // What has ended still counts until the next count.
    const full = (key: string) => {
      const body = { model: 'm', inputs: Array(CAP_OF_TENANT).fill('x'), task: 'text-classification' };
      const isTaken = async () => (await ask(ROUTES[0]!, { url: patient.url, key, body })).status === 202;
      return waitFor(isTaken, { timeoutMs: WAIT_MS });
    };
    const third = await api.store.tenants.ensure('third', 'Third');
    const thirdKey = await api.store.keys.create(third.id, 'all', ['infer', 'read']);
    await full(api.key);
    for (const route of ROUTES)
      expectCell('a quota that is used up', route, await ask(route, { url: patient.url }));
    await full(api.strangerKey);
    for (const route of ROUTES)
      expectCell('an instance that is full', route, await ask(route, { url: patient.url, key: thirdKey }));
  });
});
