import {
  type ApiKey,
  type AuditEntry,
  type Model,
  type Page,
  type Tenant,
  toPublicId,
  type Version,
} from '@heddle/contracts';
import { testBeat } from '@heddle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { problemIn, startApi, type TestApi } from './api.js';

let api: TestApi;
/** Manages the same tenant as `api.key`, but operates nothing. */
let manager: string;
beforeAll(async () => {
  api = await startApi();
  manager = await api.keyWith(['infer', 'manage']);
});
afterAll(() => api.stop());

const list = async (query = '', key = api.key) => {
  const answer = await api.call('GET', `/v1/audit${query}`, { key });
  expect(answer.status, answer.text).toBe(200);
  return answer.body as Page<AuditEntry>;
};
/** The one entry of this object and action. */
const entryOf = async (object: string, action: string) => {
  const { data } = await list(`?object=${encodeURIComponent(object)}&action=${action}`);
  expect(data).toHaveLength(1);
  return data[0]!;
};
const change = async (method: string, path: string, body?: unknown, key = api.key) => {
  const answer = await api.call(method, path, { key, ...(body === undefined ? {} : { body }) });
  expect(answer.status, answer.text).toBeLessThan(300);
  return { body: answer.body as unknown, requestId: answer.headers.get('x-request-id') };
};

describe('GET /v1/audit', () => {
  it('tells who made and deleted a key', async () => {
    const me = (await api.call('GET', '/v1/me')).body as { key: { id: string } };
    const made = await change('POST', '/v1/keys', { name: 'ci', scopes: ['infer'], rate_limit_per_min: 5 });
    const { id, secret } = made.body as ApiKey;
    const gone = await change('DELETE', `/v1/keys/${id}`);
    const shown = { name: 'ci', scopes: ['infer'], expires_at: null, rate_limit_per_min: 5 };
    const created = await entryOf(id, 'key.create');
    expect(created).toEqual({
      id: expect.stringMatching(/^aud_[0-9a-z]{26}$/),
      at: expect.stringMatching(/Z$/),
      tenant: 'acme',
      actor: { key: me.key.id, name: 'all' },
      action: 'key.create',
      object: id,
      before: null,
      after: shown,
      request_id: made.requestId,
    });
    expect(await entryOf(id, 'key.delete')).toMatchObject({
      before: shown,
      after: null,
      request_id: gone.requestId,
    });
    const kept = JSON.stringify(await api.database.query('SELECT * FROM audit_entries'));
    expect(kept).not.toContain(secret);
  });

  it('tells of models, versions and aliases', async () => {
    const model = (await change('POST', '/v1/models', { name: 'mine', description: 'a' }, manager))
      .body as Model;
    await change('PATCH', '/v1/models/mine', { description: 'b' }, manager);
    // Nothing changes, so there is nothing to tell.
    await change('PATCH', '/v1/models/mine', { description: 'b' }, manager);
    const form = new FormData();
    form.set('purpose', 'model');
    form.set('file', new Blob(['{}']), 'config.json');
    const file = (await api.call('POST', '/v1/files', { form })).body as { id: string };
    const source = { type: 'files', files: [file.id] };
    const importing = (await change('POST', '/v1/models/mine/versions', { source })).body as Version;
    await change('PATCH', '/v1/models/mine/versions/1', { notes: 'tried', warm: true });
    await change('DELETE', '/v1/models/mine/versions/1');
    await api.store.models.addVersion({
      tenantId: api.tenantId,
      name: 'mine',
      description: '',
      manifest: (await api.store.models.resolve(api.tenantId, 'm')).manifest,
    });
    await change('PUT', '/v1/models/mine/aliases/staging', { version: 1 }, manager);
    await change('DELETE', '/v1/models/mine/aliases/staging', undefined, manager);
    await change('DELETE', '/v1/models/mine/aliases/production', undefined, manager);
    await change('DELETE', '/v1/models/mine');

    expect(await entryOf(model.id, 'model.create')).toMatchObject({
      after: { name: 'mine', description: 'a' },
    });
    expect(await entryOf(model.id, 'model.update')).toMatchObject({
      before: { description: 'a' },
      after: { description: 'b' },
    });
    expect(await entryOf(importing.id, 'version.import')).toMatchObject({
      after: { model: 'mine', number: 1 },
    });
    expect(await entryOf(importing.id, 'version.update')).toMatchObject({
      before: { status: 'importing', notes: '', warm: false },
      after: { status: 'importing', notes: 'tried', warm: true },
    });
    expect(await entryOf(importing.id, 'version.delete')).toMatchObject({
      before: { model: 'mine', number: 1 },
    });
    const set = await entryOf('mine@staging', 'alias.set');
    expect(set).toMatchObject({ before: null, after: { version: expect.stringMatching(/^ver_/) } });
    expect(await entryOf('mine@staging', 'alias.delete')).toMatchObject({ before: set.after, after: null });
    expect(await entryOf('mine@production', 'alias.set')).toMatchObject({
      actor: { key: null, name: 'local' },
      request_id: null,
    });
    expect(await entryOf(model.id, 'model.delete')).toMatchObject({ before: { name: 'mine' }, after: null });
  });

  it('tells of tenants; a tenant learns what was done to it, but not by which operator', async () => {
    const made = (await change('POST', '/v1/tenants', { slug: 'newcomer', name: 'New' })).body as Tenant;
    const { requestId } = await change('PATCH', '/v1/tenants/newcomer', {
      limits: { rate_limit_per_min: 9 },
    });
    const before = {
      name: 'New',
      rate_limit_per_min: null,
      max_queued_items_per_tenant: null,
      suspended: false,
    };
    const updated = await entryOf('newcomer', 'tenant.update');
    expect(updated).toMatchObject({
      tenant: 'newcomer',
      actor: { name: 'all' },
      before,
      after: { ...before, rate_limit_per_min: 9 },
      request_id: requestId,
    });
    const own = await list('', made.key!.secret);
    expect(own.data.map(({ action }) => action)).toEqual(['tenant.update', 'key.create', 'tenant.create']);
    expect(own.data[0]).toEqual({ ...updated, actor: { key: null, name: 'operator' } });
  });

  it('shows a manager its own tenant and an operator all of them', async () => {
    await change('POST', '/v1/keys', { name: 'theirs', scopes: ['infer'] }, api.strangerKey);
    const tenants = async (key: string) =>
      new Set((await list('?limit=100', key)).data.map(({ tenant }) => tenant));
    expect(await tenants(manager)).toEqual(new Set(['acme']));
    expect(await tenants(api.strangerKey)).toEqual(new Set(['stranger']));
    const operator = await api.keyWith(['operate']);
    expect([...(await tenants(operator))]).toEqual(expect.arrayContaining(['acme', 'stranger', 'library']));
  });

  it('pages, newest first, with cursors of one filter and one tenant', async () => {
    for (const name of ['a', 'b', 'c']) await change('POST', '/v1/keys', { name, scopes: ['infer'] });
    const page = await list('?action=key.create&limit=2');
    const rest = await list(`?action=key.create&limit=1&cursor=${page.next_cursor}`);
    expect([...page.data, ...rest.data].map(({ after }) => after!.name)).toEqual(['c', 'b', 'a']);
    for (const [query, key] of [
      [`?cursor=${page.next_cursor}`, api.key],
      [`?action=key.create&cursor=${page.next_cursor}`, manager],
    ] as const) {
      const answer = await api.call('GET', `/v1/audit${query}`, { key });
      expect([answer.status, problemIn(answer).code]).toEqual([400, 'invalid-cursor']);
    }
    expect(await list('?object=nothing')).toEqual({ data: [], next_cursor: null });
  });

  it.each(['?action=key.steal', '?limit=0', '?actor=me', '?object=a&object=b'])(
    'refuses %s',
    async (query) => {
      const answer = await api.call('GET', `/v1/audit${query}`);
      expect([answer.status, problemIn(answer).code]).toEqual([400, 'invalid-query']);
    },
  );

  it('asks for a key with the scope manage or operate', async () => {
    const without = await api.call('GET', '/v1/audit', { key: null });
    expect([without.status, problemIn(without).code]).toEqual([401, 'unauthorized']);
    const answer = await api.call('GET', '/v1/audit', { key: await api.keyWith(['infer', 'read']) });
    expect([answer.status, problemIn(answer)]).toMatchObject([403, { required_scope: 'manage' }]);
    const posted = await api.call('POST', '/v1/audit', { body: {} });
    expect([posted.status, problemIn(posted).code]).toEqual([405, 'method-not-allowed']);
  });
});

describe('a change that cannot be written down', () => {
  it('is not made', async () => {
    const model = (await change('POST', '/v1/models', { name: 'kept', description: 'a' })).body as Model;
    await api.store.models.addVersion({
      tenantId: api.tenantId,
      name: 'kept',
      description: '',
      manifest: (await api.store.models.resolve(api.tenantId, 'm')).manifest,
    });
    const key = (await change('POST', '/v1/keys', { name: 'kept', scopes: ['infer'] })).body as ApiKey;
    await change('POST', '/v1/tenants', { slug: 'kept', name: 'Kept' });
    const state = () =>
      api.database.query(`SELECT (SELECT count(*) FROM api_keys WHERE revoked_at IS NULL) AS keys,
        (SELECT json_agg(t ORDER BY t.id) FROM tenants t)::text AS tenants,
        (SELECT json_agg(m ORDER BY m.id) FROM models m)::text AS models,
        (SELECT json_agg(v ORDER BY v.id) FROM versions v)::text AS versions,
        (SELECT json_agg(a ORDER BY a.model_id, a.name) FROM aliases a)::text AS aliases,
        (SELECT json_agg(w) FROM workers w)::text AS workers`);
    const worker = testBeat();
    await api.store.workers.heartbeat(worker);
    const before = await state();
    await api.database.query(
      "ALTER TABLE audit_entries ADD CONSTRAINT full_up CHECK (action = '') NOT VALID",
    );
    for (const [method, path, body] of [
      ['POST', '/v1/keys', { name: 'x', scopes: ['infer'] }],
      ['DELETE', `/v1/keys/${key.id}`],
      ['POST', '/v1/tenants', { slug: 'unmade', name: 'x' }],
      ['PATCH', '/v1/tenants/kept', { suspended: true }],
      ['POST', '/v1/models', { name: 'unmade' }],
      ['PATCH', `/v1/models/${model.id}`, { description: 'b' }],
      ['PATCH', '/v1/models/kept/versions/1', { notes: 'b' }],
      ['PUT', '/v1/models/kept/aliases/staging', { version: 1 }],
      ['DELETE', '/v1/models/kept/aliases/production'],
      ['POST', `/v1/queues/${toPublicId('version', api.versionId)}/pause`],
      ['POST', `/v1/workers/${toPublicId('worker', worker.id)}/drain`],
    ] as const) {
      const answer = await api.call(method, path, body ? { body } : {});
      expect([answer.status, problemIn(answer).code], `${method} ${path}`).toEqual([500, 'internal']);
    }
    expect(await state()).toEqual(before);
    await api.database.query('ALTER TABLE audit_entries DROP CONSTRAINT full_up');
  });
});

describe('the table', () => {
  it.each([
    "UPDATE audit_entries SET actor_name = 'nobody'",
    'DELETE FROM audit_entries',
    'TRUNCATE audit_entries',
    // What a role that may do everything else could try.
    "SET session_replication_role = 'replica'; DELETE FROM audit_entries",
  ])('refuses %s', async (statement) => {
    const count = () => api.database.query('SELECT count(*) AS entries FROM audit_entries');
    const before = await count();
    await expect(api.database.query(statement)).rejects.toThrow('audit_entries is append-only');
    expect(await count()).toEqual(before);
  });
});
