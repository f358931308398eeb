import { gzipSync } from 'node:zlib';
import { type ApiKeyScope, newUuid, toPublicId } from '@heddle/contracts';
import { testBeat, testManifest } from '@heddle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, problemIn, startApi, type TestApi } from './api.js';
import type { DocumentedOperation } from './document.js';

const MAX_BODY_BYTES = 64 * 1024;
/** A guard against what hangs; how fast a refusal is, a busy machine decides. */
const MAX_MS = 10_000;

interface Route {
  name: string;
  method: string;
  /** One that its path does not take. */
  otherMethod: string;
  /** Of what is there, and of what is not. */
  path: string;
  missing: string | null;
  scopes: ApiKeyScope[];
  operation: DocumentedOperation;
  /** Schema of its JSON body. */
  body: BodySchema | null;
}
interface BodySchema {
  properties: Record<string, unknown>;
  required?: string[];
}

let api: TestApi;
let routes: Route[];
/** Keys with all scopes but those that a route takes. */
const keysWithout = new Map<string, string>();

beforeAll(async () => {
  api = await startApi({ HEDDLE_MAX_BODY_BYTES: String(MAX_BODY_BYTES) });
  await api.store.models.addVersion({
    tenantId: api.tenantId,
    name: 'own',
    description: '',
    manifest: testManifest({ tasks: ['text-classification'] }),
  });
  const there = await thingsThatAreThere();
  // The routes of the contract; /metrics is the other one with a key.
  const paths = Object.entries(api.document.openApi.paths).filter(([path]) => path.startsWith('/v1/'));
  routes = paths.flatMap(([template, methods]) =>
    Object.entries(methods)
      .filter(([, operation]) => operation.security.length > 0)
      .map(([method, operation]) => routeOf(template, method.toUpperCase(), operation, there)),
  );
  for (const { scopes } of routes) {
    const rest = (['infer', 'read', 'manage', 'operate'] as const).filter(
      (scope) => !scopes.includes(scope) && !(scope === 'manage' && scopes.includes('read')),
    );
    if (scopes.length > 0 && rest.length > 0 && !keysWithout.has(scopes.join()))
      keysWithout.set(scopes.join(), await api.keyWith(rest));
  }
});
afterAll(() => api.stop());

/** Values of path parameters, by the path before them. */
async function thingsThatAreThere(): Promise<Record<string, string>> {
  const job = await api.call('POST', '/v1/jobs', { body: { model: 'm', inputs: ['x'] } });
  const form = new FormData();
  form.set('purpose', 'model');
  form.set('file', new Blob(['x']), 'config.json');
  const file = await api.call('POST', '/v1/files', { form });
  const lines = new FormData();
  lines.set('purpose', 'batch');
  lines.set('file', new Blob(['{"custom_id":"a","input":"x"}\n']), 'lines.jsonl');
  const ofLines = (await api.call('POST', '/v1/files', { form: lines })).body as { id: string };
  const batch = await api.call('POST', '/v1/batches', { body: { model: 'm', file: ofLines.id } });
  expect(batch.status, batch.text).toBe(202);
  const examples = new FormData();
  examples.set('purpose', 'dataset');
  examples.set('file', new Blob(['{"input":"x","expected":"positive"}\n']), 'examples.jsonl');
  const dataset = (await api.call('POST', '/v1/files', { form: examples })).body as { id: string };
  const evaluation = await api.call('POST', '/v1/evaluations', { body: { model: 'm', dataset: dataset.id } });
  expect(evaluation.status, evaluation.text).toBe(202);
  const key = await api.call('POST', '/v1/keys', { body: { name: 'other', scopes: ['read'] } });
  await api.call('POST', '/v1/tenants', { body: { slug: 'other', name: 'Other' } });
  await api.call('PUT', '/v1/models/own/aliases/production', { body: { version: 1 } });
  // An address, so that no name is asked for.
  const hook = { url: 'https://93.184.216.34/', events: ['*'] };
  const webhook = await api.call('POST', '/v1/webhooks', { body: hook });
  const delivery = await api.call('POST', `/v1/webhooks/${(webhook.body as { id: string }).id}/test`);
  const worker = testBeat();
  await api.store.workers.heartbeat(worker);
  const version = await api.call('GET', '/v1/models/own/versions/1');
  const idOf = (answer: Answer) => (answer.body as { id: string }).id;
  return {
    'jobs/{id}': idOf(job),
    'files/{id}': idOf(file),
    'batches/{id}': idOf(batch),
    'evaluations/{id}': idOf(evaluation),
    'keys/{id}': idOf(key),
    'tenants/{slug}': 'other',
    'models/{model}': 'own',
    'versions/{version}': '1',
    'aliases/{alias}': 'production',
    'workers/{id}': toPublicId('worker', worker.id),
    'pools/{name}': worker.pool,
    'queues/{version}': idOf(version),
    'webhooks/{id}': idOf(webhook),
    'deliveries/{id}': idOf(delivery),
  };
}

function routeOf(
  template: string,
  method: string,
  operation: DocumentedOperation,
  there: Record<string, string>,
): Route {
  const fill = (values: (noun: string) => string | undefined) =>
    template.replaceAll(/(\w+)\/(\{\w+\})/g, (whole, folder: string, parameter: string) => {
      const value = values(`${folder}/${parameter}`);
      if (value === undefined) throw new Error(`nothing is known that could stand at ${template}`);
      return whole.replace(parameter, value);
    });
  const schema = operation.requestBody?.content['application/json']?.schema;
  return {
    name: `${method} ${template}`,
    method,
    otherMethod: ['PUT', 'POST', 'DELETE'].find(
      (other) => !(other.toLowerCase() in api.document.openApi.paths[template]!),
    )!,
    path: fill((noun) => there[noun]),
    missing: template.includes('{') ? fill(() => 'nothing') : null,
    scopes: operation['x-scopes'] ?? [],
    operation,
    body: schema ? bodySchema(schema) : null,
  };
}

type JsonSchema = Record<string, unknown>;

/** Of a choice, the last form: that of the fewest conditions. */
function bodySchema(schema: Record<string, unknown>): BodySchema {
  const {
    oneOf,
    anyOf = oneOf,
    $ref,
  } = schema as Record<'oneOf' | 'anyOf', JsonSchema[] | undefined> & {
    $ref?: string;
  };
  if (anyOf) return bodySchema(anyOf.at(-1)!);
  if ($ref) return bodySchema(api.document.openApi.components.schemas[$ref.split('/').at(-1)!]!);
  return schema as unknown as BodySchema;
}

/** Asks and holds the answer to what holds for every refusal. */
async function refused(...request: Parameters<TestApi['call']>) {
  const began = performance.now();
  const answer = await api.call(...request);
  const ms = performance.now() - began;
  const problem = problemIn(answer);
  expect(ms, `${request[0]} ${request[1]}`).toBeLessThan(MAX_MS);
  return { status: answer.status, code: problem.code as string, problem };
}

const json = { 'content-type': 'application/json' };
const BAD_BODIES: [string, { raw: string | Uint8Array; headers?: Record<string, string> }, number, string][] =
  [
    ['broken JSON', { raw: '{"a":' }, 400, 'malformed-json'],
    ['two values', { raw: '{} {}' }, 400, 'malformed-json'],
    ['no UTF-8', { raw: Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]) }, 400, 'malformed-json'],
    ['absurd depth', { raw: '['.repeat(20_000) }, 400, 'malformed-json'],
    ['65 levels', { raw: `${'['.repeat(65)}${']'.repeat(65)}` }, 400, 'malformed-json'],
    ['a number beyond float64', { raw: '{"x":1e400}' }, 400, 'malformed-json'],
    ['U+0000', { raw: '{"x":"\\u0000"}' }, 422, 'invalid-text'],
    ['a lone surrogate', { raw: '{"x":"\\ud800"}' }, 422, 'invalid-text'],
    ['U+0000 in a name', { raw: '{"\\u0000":1}' }, 422, 'invalid-text'],
    ['__proto__', { raw: '{"__proto__":{"admin":true}}' }, 422, 'validation'],
    ['constructor', { raw: '{"constructor":{"prototype":{}}}' }, 422, 'validation'],
    ['an unknown field', { raw: '{"colour":"red"}' }, 422, 'validation'],
    ['a hundred members', { raw: manyMembers(100) }, 422, 'validation'],
    ['a list', { raw: '[]' }, 422, 'validation'],
    ['a field of a long list', { raw: `{"inputs":[${'1,'.repeat(20_000)}1]}` }, 422, 'validation'],
    ['null', { raw: 'null' }, 422, 'validation'],
    ['a text', { raw: '"x"' }, 422, 'validation'],
    ['another type', { raw: '{}', headers: { 'content-type': 'text/plain' } }, 415, 'unsupported-media-type'],
    ['XML', { raw: '<a/>', headers: { 'content-type': 'application/xml' } }, 415, 'unsupported-media-type'],
    [
      'a form',
      { raw: 'a=b', headers: { 'content-type': 'application/x-www-form-urlencoded' } },
      415,
      'unsupported-media-type',
    ],
    [
      'another charset',
      { raw: '{}', headers: { 'content-type': 'application/json; charset=utf-16' } },
      415,
      'unsupported-media-type',
    ],
    [
      'another encoding',
      { raw: '{}', headers: { ...json, 'content-encoding': 'br' } },
      415,
      'unsupported-media-type',
    ],
    ['no gzip', { raw: '{}', headers: { ...json, 'content-encoding': 'gzip' } }, 400, 'malformed-json'],
    ['too many bytes', { raw: `"${'x'.repeat(MAX_BODY_BYTES)}"` }, 413, 'payload-too-large'],
    [
      'too many bytes of another type',
      { raw: 'x'.repeat(MAX_BODY_BYTES + 1), headers: { 'content-type': 'text/plain' } },
      413,
      'payload-too-large',
    ],
    [
      'too many bytes, packed',
      { raw: gzipSync(Buffer.alloc(50 * 1024 * 1024, 32)), headers: { ...json, 'content-encoding': 'gzip' } },
      413,
      'payload-too-large',
    ],
  ];
function manyMembers(count: number): string {
  return JSON.stringify(Object.fromEntries(Array.from({ length: count }, (_, i) => [`f${i}`, 1])));
}

describe('every route with a body', () => {
  it.each(BAD_BODIES)('refuses %s', async (_, sent, status, code) => {
    const asked = routes.filter(({ body }) => body !== null);
    expect(asked.length).toBeGreaterThan(10);
    for (const { name, method, path } of asked) {
      const answer = await refused(method, path, sent);
      expect([name, answer.status, answer.code]).toEqual([name, status, code]);
    }
  });

  it('refuses every field of another type, and names it', async () => {
    for (const { name, method, path, body } of routes) {
      for (const field of Object.keys(body?.properties ?? {})) {
        // Nothing takes a fraction.
        const { problem } = await refused(method, path, { body: { [field]: 1.5 } });
        const pointers = (problem.errors ?? []).map(({ pointer }) => pointer);
        expect([name, problem.code, pointers.some((pointer) => pointer.startsWith(`/${field}`))]).toEqual([
          name,
          'validation',
          true,
        ]);
      }
    }
  });

  it('says which fields are missing', async () => {
    for (const { name, method, path, body } of routes) {
      const required = (body?.required ?? []).map((field) => ({ pointer: `/${field}`, code: 'required' }));
      if (required.length === 0) continue;
      const { problem } = await refused(method, path, { body: {} });
      expect([name, problem.errors]).toEqual([name, required.map((error) => expect.objectContaining(error))]);
    }
  });
});

describe('every route', () => {
  const HOSTILE = [
    'nothing',
    '%00',
    '%F0%9F%98%80',
    "'; DROP TABLE jobs; --",
    '..%2f..%2fetc%2fpasswd',
    '__proto__',
    '-1',
    '1e9',
    `job_${'z'.repeat(26)}`,
    'x'.repeat(90),
  ];

  it('finds nothing at ids that are none, and says of all of them the same', async () => {
    for (const { name, method, path, missing, body } of routes) {
      if (missing === null) continue;
      const [first = '', ...rest] = missing.split('nothing');
      const answers = await Promise.all(
        [...HOSTILE.map(encodeOnce), toPublicId('job', newUuid())].map((id) =>
          refused(method, [first + id, ...rest].join('nothing'), body ? { body: {} } : {}),
        ),
      );
      const said = answers.map(({ status, code, problem }) => [status, code, problem.detail]);
      expect([name, said]).toEqual([name, said.map(() => [404, 'not-found', said[0]![2]])]);
      expect(path).not.toBe(missing);
    }
  });

  it('hides what is another tenant’s as if it were not there', async () => {
    for (const { name, method, path, missing, scopes, body } of routes) {
      if (missing === null || scopes.includes('operate')) continue;
      const options = { key: api.strangerKey, ...(body ? { body: {} } : {}) };
      const [foreign, none] = await Promise.all([
        refused(method, path, options),
        refused(method, missing, options),
      ]);
      expect([name, foreign.status, foreign.problem.detail]).toEqual([name, 404, none.problem.detail]);
    }
  });

  it('asks for its key, then for its scope, then looks at the body, the path, the fields', async () => {
    for (const { name, method, otherMethod, path, missing, scopes, body, operation } of routes) {
      const nowhere = missing ?? path;
      const code = async (...request: Parameters<TestApi['call']>) => (await refused(...request)).code;
      const large = { raw: 'x'.repeat(MAX_BODY_BYTES + 1), headers: { 'content-type': 'text/plain' } };
      const wrong = body ? large : {};
      const said = [
        await code('GET', nowhere.replace('/v1/', '/v0/'), { key: null }),
        await code(otherMethod, nowhere, { ...wrong, key: null }),
        await code(method, nowhere, { ...wrong, key: null }),
      ];
      expect([name, said]).toEqual([name, ['not-found', 'method-not-allowed', 'unauthorized']]);
      const lacking = keysWithout.get(scopes.join());
      if (lacking)
        expect([name, await code(method, nowhere, { ...wrong, key: lacking })]).toEqual([name, 'forbidden']);
      if (body) {
        const [before, after] = missing === null ? ['validation', 'validation'] : ['not-found', 'validation'];
        expect([
          name,
          await code(method, nowhere, large),
          await code(method, nowhere, { raw: '{', headers: { 'content-type': 'text/plain' } }),
          await code(method, nowhere, { raw: '{' }),
          await code(method, nowhere, { body: { colour: 'red' } }),
          await code(method, path, { body: { colour: 'red' } }),
        ]).toEqual([name, 'payload-too-large', 'unsupported-media-type', 'malformed-json', before, after]);
      }
      if (method === 'GET' && missing !== null) {
        expect([name, await code(method, `${missing}?colour=red`)]).toEqual([name, 'not-found']);
        expect([name, await code(method, `${path}?colour=red`)]).toEqual([name, 'invalid-query']);
      }
      // What changes something takes no query.
      if (method !== 'GET') {
        const takesForm = operation.requestBody?.content['multipart/form-data'] !== undefined;
        const queried = (where: string, raw: string) => {
          const sent = takesForm ? { form: new FormData() } : method === 'DELETE' ? {} : { raw };
          return code(method, `${where}?colour=red`, sent);
        };
        const said = [await queried(nowhere, '{}'), await queried(path, '{}')];
        expect([name, said]).toEqual([
          name,
          [missing === null ? 'invalid-query' : 'not-found', 'invalid-query'],
        ]);
        if (body) expect([name, await queried(nowhere, '{')]).toEqual([name, 'malformed-json']);
      }
    }
  });

  it.each([
    '',
    'Bearer',
    'Bearer ',
    'Bearer hdl_x',
    'Bearer a b',
    'Basic eDp5',
    `Bearer hdl_${'a'.repeat(10_000)}`,
  ])('refuses the key %j', async (authorization) => {
    for (const { name, method, path } of routes) {
      const answer = await refused(method, path, { key: null, headers: { authorization } });
      expect([name, answer.code]).toEqual([name, 'unauthorized']);
    }
  });
});

describe('every list', () => {
  const INJECTIONS = [
    "' OR 1=1 --",
    '$1',
    '%',
    '\\',
    '{"$gt":""}',
    'x'.repeat(5_000),
    '%00'.replace('%00', '\u0001'),
  ];
  it.each([
    'limit=0',
    'limit=101',
    'limit=-1',
    'limit=1.5',
    'limit=1e1',
    'limit=',
    'limit=9999999999999999999999',
    'limit=1&limit=2',
    'limit[]=1',
    'cursor=a&cursor=b',
    'cursor=%00',
    'colour=red',
    '__proto__=x',
    'constructor=x',
  ])('refuses ?%s', async (query) => {
    for (const { name, path } of lists()) {
      const { code } = await refused('GET', `${path}?${query}`);
      expect([name, code]).toEqual([name, 'invalid-query']);
    }
  });

  it.each(['', 'x', 'A'.repeat(43), '../..', ...INJECTIONS])('refuses the cursor %j', async (cursor) => {
    for (const { name, path } of lists()) {
      const { code } = await refused('GET', `${path}?${new URLSearchParams({ cursor })}`);
      expect([name, code]).toEqual([name, 'invalid-cursor']);
    }
  });

  it('takes nothing in a filter for more than a text', async () => {
    for (const { name, path, operation } of lists()) {
      for (const { name: filter, in: where } of operation.parameters ?? []) {
        if (where !== 'query' || filter === 'limit' || filter === 'cursor') continue;
        for (const text of INJECTIONS) {
          const key = filter === 'metadata' ? 'metadata[a]' : filter;
          const answer = await api.call('GET', `${path}?${new URLSearchParams({ [key]: text })}`);
          const { data } = answer.body as { data?: unknown[] };
          expect([name, filter, text, answer.status === 400 || data?.length === 0]).toEqual([
            name,
            filter,
            text,
            true,
          ]);
        }
      }
    }
  });

  function lists(): Route[] {
    const found = routes.filter(({ operation }) =>
      operation.parameters?.some(({ name }) => name === 'cursor'),
    );
    expect(found.length).toBeGreaterThan(5);
    return found;
  }
});

function encodeOnce(text: string): string {
  return text.includes('%') ? text : encodeURIComponent(text);
}
