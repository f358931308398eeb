import { type Job, type Page, toPublicId } from '@heddle/contracts';
import { LIBRARY_TENANT } from '@heddle/store';
import { testManifest } from '@heddle/testing';
import Replicate from 'replicate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApi, type TestApi } from '../api.js';

/** Short, for there is no worker: every call takes too long. */
const TIMEOUT_MS = 1_000;

let api: TestApi;
let replicate: Replicate;
/** `ver_…` of the model `both` of each owner. */
let ofLibrary: string;
let own: string;
beforeAll(async () => {
  api = await startApi({ HEDDLE_DIALECT_TIMEOUT_MS: String(TIMEOUT_MS) });
  const library = await api.store.tenants.ensure(LIBRARY_TENANT, 'Library');
  const add = async (tenantId: string, seed: string) => {
    const source = { sha256: seed.repeat(64), compiler: 'test' };
    const manifest = testManifest({ source, tasks: ['text-classification'] });
    const added = await api.store.models.addVersion({ tenantId, name: 'both', description: '', manifest });
    return toPublicId('version', added.id);
  };
  ofLibrary = await add(library.id, 'a');
  own = await add(api.tenantId, 'b');
  replicate = new Replicate({ auth: api.key, baseUrl: `${api.url}/replicate/v1`, useFileOutput: false });
});
afterAll(() => api.stop());

const newest = async (source: string) => {
  const { body } = await api.call('GET', `/v1/jobs?source=${source}&limit=1`);
  return (body as Page<Job>).data[0]!;
};
/** As clients do that do not escape the slash of a model’s name, which the document knows nothing of. */
const ask = (path: string, body: object) =>
  fetch(api.url + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${api.key}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
const tensor = { name: 'text', datatype: 'BYTES', shape: [1], data: ['x'] };
/** Calls of a model. */
const CALLS: [source: string, path: (model: string) => string, body: (model: string) => object][] = [
  ['openai', () => '/openai/v1/moderations', (model) => ({ model, input: 'x' })],
  ['cohere', () => '/cohere/v1/classify', (model) => ({ model, inputs: ['x'] })],
  ['tei', (model) => `/tei/${model}/predict`, () => ({ inputs: 'x' })],
  ['tei', (model) => `/tei/${encodeURIComponent(model)}/predict`, () => ({ inputs: 'x' })],
  ['hf', (model) => `/hf/${model}`, () => ({ inputs: 'x' })],
  ['oip', (model) => `/oip/v2/models/${model}/infer`, () => ({ inputs: [tensor] })],
  ['replicate', () => '/replicate/v1/predictions', (version) => ({ version, input: { text: 'x' } })],
  ['replicate', (model) => `/replicate/v1/models/${model}/predictions`, () => ({ input: { text: 'x' } })],
  [
    'replicate',
    (model) => `/replicate/v1/deployments/${model}/predictions`,
    () => ({ input: { text: 'x' } }),
  ],
];

describe.each(CALLS)('a model that %s is asked for', (source, path, body) => {
  it('is that of its owner, also where the tenant has one of that name', async () => {
    for (const [model, version] of [
      ['library/both', () => ofLibrary],
      ['acme/both', () => own],
    ] as const) {
      await ask(path(model), body(model));
      expect([model, (await newest(source)).version]).toEqual([model, version()]);
    }
    expect((await ask(path('stranger/both'), body('stranger/both'))).status).toBe(404);
  });
});

it('a name without an owner is the tenant’s own model', async () => {
  await api.call('POST', '/openai/v1/moderations', { body: { model: 'both', input: 'x' } });
  expect((await newest('openai')).version).toBe(own);
});

it('a tenant that has no such model runs the library’s by its own slug', async () => {
  const body = { model: 'stranger/both', input: 'x' };
  await api.call('POST', '/openai/v1/moderations', { body, key: api.strangerKey });
  const { body: page } = await api.call('GET', '/v1/jobs?limit=1', { key: api.strangerKey });
  expect((page as Page<Job>).data[0]!.version).toBe(ofLibrary);
});

it('models, versions and deployments of both owners are shown', async () => {
  const { results } = await replicate.models.list();
  const both = results.filter(({ name }) => name === 'both').map(({ owner }) => owner);
  expect(both.sort()).toEqual(['acme', 'library']);
  const { results: deployments } = await replicate.deployments.list();
  const named = deployments.filter(({ name }) => name === 'both@production').map(({ owner }) => owner);
  expect(named.sort()).toEqual(['acme', 'library']);
  for (const [owner, version] of [
    ['library', ofLibrary],
    ['acme', own],
  ] as const) {
    expect(await replicate.models.get(owner, 'both')).toMatchObject({
      owner,
      latest_version: { id: version },
    });
    const { results: versions } = await replicate.models.versions.list(owner, 'both');
    expect(versions.map(({ id }) => id)).toEqual([version]);
    expect(await replicate.models.versions.get(owner, 'both', version)).toMatchObject({ id: version });
    const deployment = await replicate.deployments.get(owner, 'both');
    expect(deployment).toMatchObject({ owner, current_release: { version } });
    const { body } = await api.call('GET', `/openai/v1/models/${owner}/both`);
    expect(body).toMatchObject({ id: `${owner}/both`, owned_by: owner });
  }
  expect(await replicate.predictions.create({ version: ofLibrary, input: { text: 'x' } })).toMatchObject({
    model: 'library/both',
    version: ofLibrary,
  });
});

it('a version is one of the model before it', async () => {
  const ask = (version: string) => replicate.predictions.create({ version, input: { text: 'x' } });
  expect(await ask(`library/both:${ofLibrary}`)).toMatchObject({ model: 'library/both', version: ofLibrary });
  for (const wrong of [`library/both:${own}`, `acme/both:${ofLibrary}`, `library/m:${ofLibrary}`])
    await expect(ask(wrong)).rejects.toMatchObject({ response: { status: 404 } });
});

it('lines of batches name owners as well', async () => {
  const form = new FormData();
  form.set('purpose', 'batch');
  const body = { model: 'library/both', input: 'x' };
  const line = { custom_id: 'a', method: 'POST', url: '/v1/moderations', body };
  form.set('file', new Blob([JSON.stringify(line)]), 'in.jsonl');
  const { body: file } = await api.call('POST', '/openai/v1/files', { form });
  const { body: batch } = await api.call('POST', '/openai/v1/batches', {
    body: {
      input_file_id: (file as { id: string }).id,
      endpoint: '/v1/moderations',
      completion_window: '24h',
    },
  });
  const { body: native } = await api.call('GET', `/v1/batches/${(batch as { id: string }).id}`);
  expect(native).toMatchObject({ model: 'both', version: ofLibrary });
});
