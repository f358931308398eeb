import {
  type Alias,
  type ExecutionPlan,
  type ImportReport,
  type Job,
  type Model,
  newUuid,
  type Page,
  toPublicId,
  type Version,
} from '@heddle/contracts';
import { testManifest } from '@heddle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { problemIn, startApi, type TestApi } from './api.js';

let api: TestApi;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.stop());

const worker = { id: newUuid(), leaseMs: 60_000 };
let count = 0;
const newName = () => `model-${++count}`;
async function newModel(name = newName()): Promise<Model> {
  const answer = await api.call('POST', '/v1/models', { body: { name } });
  expect(answer.status).toBe(201);
  return answer.body as Model;
}
async function newFile(name: string): Promise<string> {
  const form = new FormData();
  form.set('purpose', 'model');
  form.set('file', new Blob([`${name} ${++count}`]), name);
  return ((await api.call('POST', '/v1/files', { form })).body as { id: string }).id;
}
const importInto = (model: string, body: object, headers: Record<string, string> = {}) =>
  api.call('POST', `/v1/models/${model}/versions`, { body, headers });
async function newImport(model: string): Promise<Version> {
  const source = { type: 'files', files: [await newFile('config.json')] };
  const answer = await importInto(model, { source });
  expect(answer.status).toBe(202);
  return answer.body as Version;
}
/** A version that is ready, as a worker makes one. */
async function newVersion(model: string, seed = newUuid()): Promise<Version> {
  const { number } = await newImport(model);
  await finish(seed);
  return (await api.call('GET', `/v1/models/${model}/versions/${number}`)).body as Version;
}
async function finish(seed: string): Promise<void> {
  const claimed = (await api.store.versions.claimImport(worker))!;
  const source = { sha256: seed.replaceAll('-', '').repeat(2), compiler: 'test' };
  await api.store.versions.reserveContents(claimed, testManifest({ source }));
  const report: ImportReport = {
    files_read: [],
    files_ignored: [],
    tensors_ignored: { count: 0, names: [] },
    parity: { sequences: 1, tokens: 1, outputs: [] },
    batching: [],
    sizes: { source_bytes: 1, version_bytes: 1, parameters: 1 },
    durations_ms: { importing: 1, converting: 1, verifying: 1 },
  };
  expect(await api.store.versions.finishImport(claimed, report)).toBe('ready');
}
const cancel = async ({ model, number }: Version) =>
  expect((await api.call('DELETE', `/v1/models/${model}/versions/${number}`)).status).toBe(204);

describe('models', () => {
  it('are made, found by name and id, changed and deleted', async () => {
    const answer = await api.call('POST', '/v1/models', { body: { name: 'mine', description: 'first' } });
    const model = answer.body as Model;
    expect([answer.status, answer.headers.get('location')]).toEqual([201, '/v1/models/mine']);
    expect(model).toMatchObject({
      name: 'mine',
      description: 'first',
      latest_version: null,
      aliases: {},
      tasks: [],
    });
    expect((await api.call('GET', `/v1/models/${model.id}`)).body).toEqual(model);
    const changed = await api.call('PATCH', '/v1/models/mine', { body: { description: 'second' } });
    expect([changed.status, changed.body]).toMatchObject([200, { id: model.id, description: 'second' }]);
    expect((await api.call('DELETE', '/v1/models/mine')).status).toBe(204);
    expect((await api.call('GET', '/v1/models/mine')).status).toBe(404);
  });

  it.each<[object, string]>([
    [{}, '/name'],
    [{ name: 'Big' }, '/name'],
    [{ name: 'x', description: 'y'.repeat(1_001) }, '/description'],
    [{ name: 'ver_1' }, '/name'],
    [{ name: toPublicId('model', newUuid()) }, '/name'],
    [{ name: 'x', description: 'a\u001b[2Jb' }, '/description'],
    [{ name: 'x', description: 'y'.repeat(8_000_000) }, '/description'],
    [{ name: 'x', color: 1 }, '/color'],
  ])('cannot be %j', async (body, pointer) => {
    const answer = await api.call('POST', '/v1/models', { body });
    expect([answer.status, problemIn(answer).errors![0]!.pointer]).toEqual([422, pointer]);
  });

  it('exist once by name, and once by idempotency key', async () => {
    const make = (name: string, key?: string) =>
      api.call('POST', '/v1/models', { body: { name }, headers: key ? { 'idempotency-key': key } : {} });
    await newModel('taken');
    const again = await make('taken');
    expect([again.status, problemIn(again).code]).toEqual([409, 'already-exists']);
    const answers = await Promise.all(Array.from({ length: 16 }, () => make('keyed', 'k')));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    expect(new Set(answers.map(({ body }) => (body as Model).id)).size).toBe(1);
    expect(answers.filter(({ headers }) => headers.get('idempotency-replayed') === 'true')).toHaveLength(15);
    const other = await make('other', 'k');
    expect([other.status, problemIn(other).code]).toEqual([422, 'idempotency-key-reused']);
  });

  it('of strangers cannot be changed', async () => {
    const { name } = await newModel();
    const none = toPublicId('model', newUuid());
    for (const [path, key] of [
      [name, api.strangerKey],
      [none, api.key],
    ] as const) {
      for (const [method, body] of [
        ['PATCH', { description: 'x' }],
        ['DELETE', undefined],
      ] as const) {
        const answer = await api.call(method, `/v1/models/${path}`, { key, ...(body ? { body } : {}) });
        expect([answer.status, problemIn(answer).detail]).toEqual([404, 'There is no such model.']);
      }
    }
  });

  it.each<[string, string, object?]>([
    ['PATCH', 'm', { description: 'x' }],
    ['DELETE', 'm'],
    ['POST', 'm/versions', {}],
    ['PATCH', 'm/versions/1', { archived: true }],
    ['DELETE', 'm/versions/1'],
    ['PUT', 'm/aliases/production', { version: 1 }],
    ['DELETE', 'm/aliases/production'],
  ])('for every tenant are not the tenant’s to change: %s %s', async (method, path, body) => {
    const answer = await api.call(method, `/v1/models/${path}`, body ? { body } : {});
    expect([answer.status, problemIn(answer)]).toMatchObject([
      403,
      {
        code: 'forbidden',
        detail: 'm is a model for every tenant; an operator removes it with `npx heddle remove m`.',
      },
    ]);
    expect((await api.call('GET', '/v1/models/m')).body).toMatchObject({
      owner: 'library',
      description: 'a model',
      aliases: { production: toPublicId('version', api.versionId) },
    });
  });

  it('of one’s own never hide one for every tenant, but for those that were there first', async () => {
    const library = (await api.store.tenants.ensure('library', '')).id;
    const share = (name: string) =>
      api.store.models.addVersion({ tenantId: library, name, description: '', manifest: testManifest() });
    await share('shared');
    for (const headers of [{}, { 'idempotency-key': 'shared' }]) {
      const answer = await api.call('POST', '/v1/models', { body: { name: 'shared' }, headers });
      expect([answer.status, problemIn(answer).code]).toEqual([409, 'already-exists']);
    }
    const first = await newModel('first');
    await share('first');
    expect((await api.call('GET', '/v1/models/first')).body).toEqual(first);
    expect((await api.call('GET', '/v1/models/first', { key: api.strangerKey })).body).toMatchObject({
      owner: 'library',
    });
    expect((await api.call('DELETE', '/v1/models/first')).status).toBe(204);
    expect((await api.call('GET', '/v1/models/first')).body).toMatchObject({ owner: 'library' });
  });

  it('need the scope manage', async () => {
    const key = await api.keyWith(['infer', 'read']);
    for (const [method, path] of [
      ['POST', '/v1/models'],
      ['PATCH', '/v1/models/m'],
      ['DELETE', '/v1/models/m'],
      ['POST', '/v1/models/m/versions'],
      ['DELETE', '/v1/models/m/versions/1'],
      ['PUT', '/v1/models/m/aliases/a'],
    ] as const) {
      const answer = await api.call(method, path, { key });
      expect([answer.status, problemIn(answer)], path).toMatchObject([403, { required_scope: 'manage' }]);
    }
  });
});

describe('an import', () => {
  it('is accepted, shown and listed', async () => {
    const { name } = await newModel();
    const files = [await newFile('config.json'), await newFile('model.safetensors')];
    const body = {
      source: { type: 'files', files },
      labels: ['no', 'yes'],
      tasks: ['text-classification'],
      max_tokens: 128,
      notes: 'trial',
    };
    const answer = await importInto(name, body);
    const version = answer.body as Version;
    expect([answer.status, answer.headers.get('location')]).toEqual([202, `/v1/models/${name}/versions/1`]);
    expect(version).toEqual({
      id: version.id,
      object: 'version',
      model: name,
      number: 1,
      status: 'importing',
      tasks: ['text-classification'],
      labels: ['no', 'yes'],
      problem_type: null,
      family: null,
      max_tokens: 128,
      moderation: null,
      parameters_count: null,
      precision: 'fp32',
      sha256: null,
      bytes: null,
      source: { type: 'files', files },
      onnx: null,
      progress: { stage: 'importing', percent: 0 },
      report: null,
      error: null,
      warm: false,
      notes: 'trial',
      created_at: version.created_at,
      ready_at: null,
    });
    for (const path of [`${name}/versions/1`, `${name}/versions/${version.id}`]) {
      expect((await api.call('GET', `/v1/models/${path}`)).body).toEqual({ ...version, plans: [] });
    }
    const inUse = await api.call('DELETE', `/v1/files/${files[0]}`);
    expect([inUse.status, problemIn(inUse).code]).toEqual([409, 'in-use']);
    const job = await api.call('POST', '/v1/jobs', { body: { model: `${name}@1`, inputs: ['x'] } });
    expect([job.status, problemIn(job).code]).toEqual([409, 'version-not-ready']);
    await cancel(version);
    expect((await api.call('DELETE', `/v1/files/${files[0]}`)).status).toBe(204);
    expect((await api.call('GET', `/v1/models/${name}/versions/1`)).status).toBe(404);
  });

  it.each<[object, string]>([
    [{}, '/source'],
    [{ source: { type: 'url', url: 'http://x' } }, '/source/type'],
    [{ source: { type: 'files', files: [] } }, '/source/files'],
    [{ source: { type: 'archive', file: 'f', files: ['f'] } }, '/source/files'],
    [{ source: { type: 'archive', file: 'f' }, precision: 'int4' }, '/precision'],
    [{ source: { type: 'archive', file: 'f' }, tasks: ['dance'] }, '/tasks/0'],
    [{ source: { type: 'archive', file: 'f' }, labels: [''] }, '/labels/0'],
    [{ source: { type: 'archive', file: 'f' }, labels: ['a', 'b\u0007'] }, '/labels/1'],
    [{ source: { type: 'archive', file: 'f' }, labels: ['a', 'b', 'a'] }, '/labels/2'],
    [{ source: { type: 'archive', file: 'f' }, notes: '\u001b[2J' }, '/notes'],
    [{ source: { type: 'archive', file: 'f' }, max_tokens: 4 }, '/max_tokens'],
    [{ source: { type: 'archive', file: 'f' }, color: 1 }, '/color'],
  ])('of %j is refused', async (body, pointer) => {
    const answer = await importInto((await newModel()).name, body);
    expect([answer.status, problemIn(answer).code]).toEqual([422, 'validation']);
    expect(problemIn(answer).errors!.map((error) => error.pointer)).toContain(pointer);
  });

  it('of files that are not there, not the tenant’s, or cannot lie together is refused', async () => {
    const { name } = await newModel();
    const missing = await importInto(name, {
      source: { type: 'files', files: ['file_x', await newFile('a')] },
    });
    expect([missing.status, problemIn(missing)]).toMatchObject([
      404,
      { code: 'not-found', errors: [{ pointer: '/source/files/0' }] },
    ]);
    const stranger = (await api.call('POST', '/v1/models', { key: api.strangerKey, body: { name: 's' } }))
      .body as Model;
    const foreign = await api.call('POST', `/v1/models/${stranger.id}/versions`, {
      key: api.strangerKey,
      body: { source: { type: 'archive', file: await newFile('a.zip') } },
    });
    expect([foreign.status, problemIn(foreign).code]).toEqual([404, 'not-found']);
    const files = [await newFile('a'), await newFile('a'), await newFile('.hidden')];
    const answer = await importInto(name, { source: { type: 'files', files } });
    expect([answer.status, problemIn(answer).errors!.map((error) => error.pointer)]).toEqual([
      422,
      ['/source/files/1', '/source/files/2'],
    ]);
    expect((await api.call('GET', `/v1/models/${name}/versions`)).body).toEqual({
      data: [],
      next_cursor: null,
    });
  });

  it('into a model that is not the tenant’s is refused', async () => {
    const { name } = await newModel();
    const body = { source: { type: 'archive', file: await newFile('a.zip') } };
    for (const [model, key] of [
      [name, api.strangerKey],
      ['nothing', api.key],
    ] as const) {
      const answer = await api.call('POST', `/v1/models/${model}/versions`, { key, body });
      expect([answer.status, problemIn(answer).code], model).toEqual([404, 'not-found']);
    }
  });

  it('is made once under one idempotency key', async () => {
    const { name } = await newModel();
    const body = { source: { type: 'archive', file: await newFile('a.zip') } };
    const send = (extra: object = {}) => importInto(name, { ...body, ...extra }, { 'idempotency-key': 'k' });
    const answers = await Promise.all(Array.from({ length: 16 }, () => send()));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
    expect(new Set(answers.map(({ body }) => (body as Version).id)).size).toBe(1);
    expect(answers.filter(({ headers }) => headers.get('idempotency-replayed') === 'true')).toHaveLength(15);
    const other = await send({ notes: 'other' });
    expect([other.status, problemIn(other).code]).toEqual([422, 'idempotency-key-reused']);
    const claimed = (await api.store.versions.claimImport(worker))!;
    await api.store.versions.failImport(claimed, { code: 'unsafe-archive', message: 'no' });
    expect((await api.call('DELETE', `/v1/files/${body.source.file}`)).status).toBe(204);
    const late = await send();
    expect([late.status, late.body]).toMatchObject([202, { number: 1, status: 'failed' }]);
  });

  it('can be waited for', async () => {
    const { name } = await newModel();
    await newImport(name);
    const path = `/v1/models/${name}/versions/1`;
    const soon = await api.call('GET', path, { headers: { prefer: 'wait=1' } });
    expect(soon.headers.get('preference-applied')).toBe('wait=1');
    expect((soon.body as Version).status).toBe('importing');
    const waiting = api.call('GET', path, { headers: { prefer: 'wait=30' } });
    await finish(newUuid());
    expect(((await waiting).body as Version).status).toBe('ready');
  });

  it('that failed says why and takes no jobs', async () => {
    const { name } = await newModel();
    await newImport(name);
    const claimed = (await api.store.versions.claimImport(worker))!;
    const error = { code: 'missing-tensors', message: 'x is missing', tensors: ['x'] } as const;
    await api.store.versions.failImport(claimed, error);
    const version = (await api.call('GET', `/v1/models/${name}/versions/1`)).body as Version;
    expect(version).toMatchObject({ status: 'failed', error, progress: null });
    const job = await api.call('POST', '/v1/jobs', { body: { model: version.id, inputs: ['x'] } });
    expect([job.status, problemIn(job).code]).toEqual([409, 'version-not-ready']);
    await cancel(version);
  });
});

describe('versions', () => {
  it('are listed newest first, by status', async () => {
    const { name } = await newModel();
    await newVersion(name);
    await newVersion(name);
    const unfinished = await newImport(name);
    const list = async (query = '') =>
      (await api.call('GET', `/v1/models/${name}/versions${query}`)).body as Page<Version>;
    expect((await list()).data.map(({ number }) => number)).toEqual([3, 2, 1]);
    expect((await list('?status=ready')).data.map(({ number }) => number)).toEqual([2, 1]);
    expect((await list('?status=ready&status=importing&limit=2')).data.map(({ number }) => number)).toEqual([
      3, 2,
    ]);
    const first = await list('?limit=1');
    expect((await list(`?limit=1&cursor=${first.next_cursor}`)).data[0]!.number).toBe(2);
    const wrong = await api.call('GET', `/v1/models/${name}/versions?status=lost`);
    expect([wrong.status, problemIn(wrong).code]).toEqual([400, 'invalid-query']);
    await cancel(unfinished);
  });

  it('tell how they run best, by kind of machine; a list does not', async () => {
    const plan: ExecutionPlan = {
      machine: 'Some CPU, 8 cores',
      lowering: 'gather',
      children: 4,
      threads: 2,
      classes: [{ length: 512, tokens: 2048 }],
      measured: [{ lowering: 'gather', length: 512, sequences: 4, tokens_per_s: 4321 }],
      layouts: [{ children: 4, threads: 2, tokens_per_s: 9000 }],
      measured_at: '2026-01-02T03:04:05.000Z',
    };
    const other = { ...plan, machine: 'Another CPU', measured_at: '2026-01-03T03:04:05.000Z' };
    await api.store.plans.put(api.versionId, plan);
    await api.store.plans.put(api.versionId, other);
    const { plans } = (await api.call('GET', '/v1/models/m/versions/1')).body as Version;
    expect(plans).toEqual([other, plan]);
    const { data } = (await api.call('GET', '/v1/models/m/versions')).body as Page<Version>;
    expect(data[0]).not.toHaveProperty('plans');
  });

  it('are seen by their tenant alone; the library’s by everybody', async () => {
    const { name } = await newModel();
    const { id } = await newVersion(name);
    for (const path of [
      `${name}/versions`,
      `${name}/versions/1`,
      `m/versions/${id}`,
      'm/versions/9',
      'm/versions/x',
    ]) {
      const answer = await api.call('GET', `/v1/models/${path}`, { key: api.strangerKey });
      expect([answer.status, problemIn(answer).code], path).toEqual([404, 'not-found']);
    }
    const library = await api.call('GET', '/v1/models/m/versions/1', { key: api.strangerKey });
    expect([library.status, library.body]).toMatchObject([
      200,
      { model: 'm', status: 'ready', source: null, warm: false },
    ]);
    const change = await api.call('PATCH', '/v1/models/m/versions/1', { body: { archived: true } });
    expect(change.status).toBe(403);
  });

  it('stay loaded when they are warm', async () => {
    const { name } = await newModel();
    await newVersion(name);
    const path = `/v1/models/${name}/versions/1`;
    for (const warm of [true, false]) {
      const changed = await api.call('PATCH', path, { body: { warm } });
      expect([changed.status, changed.body]).toMatchObject([200, { status: 'ready', warm }]);
    }
    const wrong = await api.call('PATCH', path, { body: { warm: 'yes' } });
    expect([wrong.status, problemIn(wrong).code]).toEqual([422, 'validation']);
  });

  it('are archived, and take no new jobs then', async () => {
    const { name } = await newModel();
    await newVersion(name);
    const path = `/v1/models/${name}/versions/1`;
    const archived = await api.call('PATCH', path, { body: { archived: true, notes: 'old' } });
    expect([archived.status, archived.body]).toMatchObject([
      200,
      { status: 'archived', notes: 'old', warm: false },
    ]);
    const job = () => api.call('POST', '/v1/jobs', { body: { model: `${name}@1`, inputs: ['x'] } });
    const refused = await job();
    expect([refused.status, problemIn(refused).code]).toEqual([409, 'version-archived']);
    await api.call('PATCH', path, { body: { archived: false } });
    expect((await job()).status).toBe(202);
    const wrong = await api.call('PATCH', path, { body: { sha256: 'x' } });
    expect([wrong.status, problemIn(wrong).errors]).toMatchObject([422, [{ pointer: '/sha256' }]]);
  });

  it('are deleted when no alias and no unfinished job needs them', async () => {
    const { name } = await newModel();
    await newVersion(name);
    const path = `/v1/models/${name}/versions/1`;
    const job = (await api.call('POST', '/v1/jobs', { body: { model: name, inputs: ['x'] } })).body as Job;
    const remove = async () => {
      const answer = await api.call('DELETE', path);
      return answer.status === 204 ? 204 : problemIn(answer).code;
    };
    expect(await remove()).toBe('in-use');
    expect((await api.call('DELETE', `/v1/models/${name}/aliases/production`)).status).toBe(204);
    expect(await remove()).toBe('in-use');
    await api.call('POST', `/v1/jobs/${job.id}/cancel`, { body: {} });
    expect(await remove()).toBe(204);
    expect(await remove()).toBe('not-found');
    expect((await api.call('GET', `/v1/jobs/${job.id}`)).body).toMatchObject({
      model: name,
      version_number: 1,
    });
    expect((await api.call('DELETE', `/v1/models/${name}`)).status).toBe(204);
  });
});

describe('aliases', () => {
  it('move to another version, from where the writer saw them', async () => {
    const { name } = await newModel();
    const [one, two] = [await newVersion(name), await newVersion(name)];
    const path = `/v1/models/${name}/aliases/production`;
    const before = await api.call('GET', path);
    expect(before.body).toMatchObject({
      object: 'alias',
      model: name,
      name: 'production',
      version: one.id,
      version_number: 1,
    });
    const etag = before.headers.get('etag')!;
    const put = (version: unknown, ifMatch?: string) =>
      api.call('PUT', path, { body: { version }, headers: ifMatch ? { 'if-match': ifMatch } : {} });
    const moved = await put(two.id, etag);
    expect([moved.status, moved.body]).toMatchObject([200, { version: two.id }]);
    expect(moved.headers.get('etag')).not.toBe(etag);
    const stale = await put(1, etag);
    expect([stale.status, problemIn(stale).code]).toEqual([412, 'precondition-failed']);
    expect((await put(1, `"x", ${moved.headers.get('etag')}`)).status).toBe(200);
    const job = (await api.call('POST', '/v1/jobs', { body: { model: name, inputs: ['x'] } })).body as Job;
    expect(job).toMatchObject({ alias: 'production', version: one.id });
    expect((await put('2', '*')).status).toBe(200);
    const list = (await api.call('GET', `/v1/models/${name}/aliases`)).body as Page<Alias>;
    expect(list.data).toMatchObject([{ name: 'production', version_number: 2 }]);
    expect((await api.call('GET', `/v1/models/${name}`)).body).toMatchObject({
      aliases: { production: two.id },
    });
    expect((await api.call('DELETE', path, { headers: { 'if-match': etag } })).status).toBe(412);
    expect((await api.call('DELETE', path)).status).toBe(204);
    expect((await api.call('GET', path)).status).toBe(404);
  });

  it('point to versions that are ready and of their model', async () => {
    const { name } = await newModel();
    await newVersion(name);
    const other = await newVersion((await newModel()).name);
    const unfinished = await newImport(name);
    await api.call('PATCH', `/v1/models/${name}/versions/1`, { body: { archived: true } });
    const put = async (version: unknown, alias = 'staging') => {
      const answer = await api.call('PUT', `/v1/models/${name}/aliases/${alias}`, { body: { version } });
      return [answer.status, problemIn(answer).code];
    };
    expect(await put(2)).toEqual([409, 'version-not-ready']);
    expect(await put(1)).toEqual([409, 'version-archived']);
    expect(await put(9)).toEqual([404, 'not-found']);
    expect(await put('latest')).toEqual([404, 'not-found']);
    expect(await put(other.id)).toEqual([404, 'not-found']);
    expect(await put(1, '7')).toEqual([404, 'not-found']);
    expect(await put({})).toEqual([422, 'validation']);
    await cancel(unfinished);
  });
});
