import { fromPublicId, type Job } from '@heddle/contracts';
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
