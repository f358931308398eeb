import { fromPublicId, type Job } from '@heddle/contracts';
import { testManifest, waitFor } from '@heddle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { problemIn, startApi, type TestApi } from './api.js';

let api: TestApi;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.stop());

const submit = (key: string, body: unknown, headers: Record<string, string> = {}) =>
  api.call('POST', '/v1/jobs', { body, headers: { 'idempotency-key': key, ...headers } });

describe('Idempotency-Key', () => {
  it('is looked at after the fields, and before what state things are in', async () => {
    const manifest = testManifest();
    const add = { tenantId: api.tenantId, name: 'ending', description: '', manifest };
    const { id } = await api.store.models.addVersion(add);
    const body = { model: 'ending', inputs: ['x'] };
    expect((await submit('state', body)).status).toBe(202);
    await api.store.versions.change(api.tenantId, id, { archived: true });
    const code = async (key: string, asked: object) => problemIn(await submit(key, asked)).code;
    expect(await code('state', { ...body, colour: 'red' })).toBe('validation');
    const pinned = { ...body, model: 'ending@1' };
    expect(await code('state', pinned)).toBe('idempotency-key-reused');
    expect(await code('another', pinned)).toBe('version-archived');
    expect((await submit('state', body)).headers.get('idempotency-replayed')).toBe('true');
  });

  it('makes one job of sixteen requests at once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 16 }, () => submit('many', { model: 'm', inputs: ['x'] })),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
    expect(new Set(answers.map(({ body }) => (body as Job).id)).size).toBe(1);
    expect(answers.filter(({ headers }) => headers.get('idempotency-replayed') === 'true')).toHaveLength(15);
  });

  it('replays with the job as it is now, however the body is spelled', async () => {
    const first = (await submit('"spelled"', { model: 'm', inputs: ['x'], priority: 'low' })).body as Job;
    await api.call('POST', `/v1/jobs/${first.id}/cancel`, { body: {} });
    const again = await submit(
      'spelled',
      { priority: 'low', inputs: ['x'], model: 'm' },
      { prefer: 'respond-async' },
    );
    expect([again.status, again.headers.get('idempotency-replayed')]).toEqual([202, 'true']);
    expect(again.body).toMatchObject({ id: first.id, status: 'canceled' });
  });

  it('replays the status code of the first answer, whatever is waited for now', async () => {
    const body = { model: 'm', inputs: ['x'] };
    const unwaited = await submit('unwaited', body);
    const waited = await submit('waited', body, { prefer: 'wait=1' });
    const ending = submit('ended', body, { prefer: 'wait=30' });
    await waitFor(async () => {
      const { data } = (await api.call('GET', '/v1/jobs?limit=1')).body as { data: Job[] };
      return data[0]!.id !== (waited.body as Job).id;
    });
    for (const { id } of ((await api.call('GET', '/v1/jobs?limit=3')).body as { data: Job[] }).data)
      await api.call('POST', `/v1/jobs/${id}/cancel`);
    expect([unwaited.status, waited.status, (await ending).status]).toEqual([202, 202, 201]);
    for (const headers of [{}, { prefer: 'wait=5' }]) {
      for (const [key, status] of [
        ['unwaited', 202],
        ['waited', 202],
        ['ended', 201],
      ] as const) {
        const again = await submit(key, body, headers);
        expect([again.status, again.headers.get('idempotency-replayed')]).toEqual([status, 'true']);
        expect((again.body as Job).status).toBe('canceled');
      }
    }
  });

  it('answers a replay by its own wait while the first request waits', async () => {
    const both = Promise.all(
      [1, 2].map(() => submit('both', { model: 'm', inputs: ['x'] }, { prefer: 'wait=30' })),
    );
    const newest = async () => ((await api.call('GET', '/v1/jobs?limit=1')).body as { data: Job[] }).data[0]!;
    await waitFor(async () => (await newest()).status === 'queued');
    await api.call('POST', `/v1/jobs/${(await newest()).id}/cancel`);
    expect((await both).map(({ status }) => status)).toEqual([201, 201]);
  });

  it('says so while the first request is still open', async () => {
    const { id } = (await submit('open', { model: 'm', inputs: ['x'] })).body as Job;
    // A request that has written its job and takes four seconds to commit.
    const open = api.database.query(
      `BEGIN;
       INSERT INTO jobs (id, tenant_id, version_id, task, parameters, items, cost, deadline, idempotency_key, request_hash)
       SELECT gen_random_uuid(), tenant_id, version_id, task, parameters, items, cost, deadline, 'still-open', request_hash
         FROM jobs WHERE id = '${fromPublicId('job', id)}';
       SELECT pg_sleep(4); COMMIT`,
    );
    await new Promise((resolve) => setTimeout(resolve, 500));
    const early = await submit('still-open', { model: 'm', inputs: ['x'] });
    expect([early.status, problemIn(early).code]).toEqual([409, 'idempotency-in-progress']);
    expect(problemIn(early).retryable).toBe(true);
    expect(early.headers.get('retry-after')).toBe('1');
    await open;
    const late = await submit('still-open', { model: 'm', inputs: ['x'] });
    expect([late.status, late.headers.get('idempotency-replayed')]).toEqual([202, 'true']);
  });

  it('replays although the version takes no new jobs any more', async () => {
    const body = { model: 'ner@1', inputs: ['x'] };
    const first = await submit('archived', body);
    const version = fromPublicId('version', (first.body as Job).version);
    await api.database.query(`UPDATE versions SET status = 'archived' WHERE id = '${version}'`);
    const again = await submit('archived', body);
    expect([again.status, (again.body as Job).id]).toEqual([202, (first.body as Job).id]);
    const fresh = await submit('archived-too', body);
    expect([fresh.status, problemIn(fresh).code]).toEqual([409, 'version-archived']);
  });

  it('refuses another body', async () => {
    await submit('other', { model: 'm', inputs: ['x'] });
    const answer = await submit('other', { model: 'm', inputs: ['y'] });
    expect([answer.status, problemIn(answer).code]).toEqual([422, 'idempotency-key-reused']);
  });

  it('remembers nothing of a refused request', async () => {
    expect((await submit('refused', { model: 'm', inputs: [] })).status).toBe(422);
    const answer = await submit('refused', { model: 'm', inputs: ['x'] });
    expect([answer.status, answer.headers.get('idempotency-replayed')]).toEqual([202, null]);
  });

  it('belongs to a tenant', async () => {
    const own = (await submit('shared', { model: 'm', inputs: ['x'] })).body as Job;
    const answer = await api.call('POST', '/v1/jobs', {
      key: api.strangerKey,
      body: { model: 'm', inputs: ['x'] },
      headers: { 'idempotency-key': 'shared' },
    });
    expect(answer.status).toBe(202);
    expect((answer.body as Job).id).not.toBe(own.id);
  });

  it.each(['', 'a b', '"open', 'x'.repeat(256), 'caf\u00e9'])('refuses the key %j', async (key) => {
    const answer = await submit(key, { model: 'm', inputs: ['x'] });
    expect([answer.status, problemIn(answer).code]).toEqual([400, 'invalid-idempotency-key']);
  });
});
