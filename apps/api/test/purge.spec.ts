import { type Job, LIMITS } from '@heddle/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { claimJob, finishJob, problemIn, startApi, type TestApi } from './api.js';

let api: TestApi;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.stop());

const submit = async (more: object = {}) =>
  (await api.call('POST', '/v1/jobs', { body: { model: 'm', inputs: ['secret'], ...more } })).body as Job;
const purge = (id: string, options = {}) => api.call('POST', `/v1/jobs/${id}/purge`, options);

describe('purge', () => {
  it('erases inputs and results, again and again', async () => {
    const { id } = await submit();
    await finishJob(api, id, await claimJob(api, id));
    const before = (await api.call('GET', `/v1/jobs/${id}`)).body as Job;
    expect(before).toMatchObject({ inputs: ['secret'], data_removed: false });
    for (let i = 0; i < 2; i++) {
      const answer = await purge(id, i === 0 ? {} : { body: {} });
      expect(answer.status).toBe(200);
      expect(answer.body).toEqual({ ...before, inputs: null, results: null, data_removed: true });
    }
    const after = (await api.call('GET', `/v1/jobs/${id}`)).text;
    expect(JSON.parse(after)).toEqual({ ...before, inputs: null, results: null, data_removed: true });
    expect(after).not.toContain('secret');
    const [row] = await api.database.query<{ count: number }>(
      'SELECT (SELECT count(*) FROM job_inputs)::int + (SELECT count(*) FROM job_results)::int AS count',
    );
    expect(row!.count).toBe(0);
  });

  it('of a job that has not ended is 409', async () => {
    const { id } = await submit();
    for (const claim of [false, true]) {
      if (claim) await claimJob(api, id);
      const answer = await purge(id);
      expect([answer.status, problemIn(answer).code]).toEqual([409, 'not-terminal']);
    }
    expect((await api.call('GET', `/v1/jobs/${id}`)).body).toMatchObject({ inputs: ['secret'] });
    await api.call('POST', `/v1/jobs/${id}/cancel`);
    expect((await purge(id)).status).toBe(200);
  });

  it('of what is not the tenant’s is the 404 of what there is not', async () => {
    const { id } = await submit();
    await api.call('POST', `/v1/jobs/${id}/cancel`);
    const headers = { 'x-request-id': 'same' };
    const unknown = `job_${'0'.repeat(26)}`;
    const strange = await purge(id, { key: api.strangerKey, headers });
    const missing = await purge(unknown, { key: api.strangerKey, headers });
    expect(strange.status).toBe(404);
    expect(strange.text.replaceAll(id, unknown)).toBe(missing.text);
    expect((await purge('job_x')).status).toBe(404);
    expect((await api.call('GET', `/v1/jobs/${id}`)).body).toMatchObject({ inputs: ['secret'] });
  });

  it('refuses fields, keys without the scope, and other methods', async () => {
    const { id } = await submit();
    expect((await purge(id, { body: { now: true } })).status).toBe(422);
    const reader = await api.keyWith(['read']);
    expect((await purge(id, { key: reader })).status).toBe(403);
    expect((await purge(id, { key: null })).status).toBe(401);
    const got = await api.call('GET', `/v1/jobs/${id}/purge`);
    expect([got.status, got.headers.get('allow')]).toEqual([405, 'POST']);
  });

  it('that races with reading shows all or nothing', async () => {
    for (let round = 0; round < 5; round++) {
      const { id } = await submit();
      await finishJob(api, id, await claimJob(api, id), { bytes: 400_000 });
      const reads = Array.from({ length: 8 }, () => api.call('GET', `/v1/jobs/${id}`));
      const [, ...answers] = await Promise.all([purge(id), ...reads]);
      for (const { status, body } of answers) {
        const { inputs, results, data_removed: removed } = body as Job;
        expect([status, inputs === null, results === null]).toEqual([200, removed, removed]);
      }
    }
  });
});

describe('result_ttl_s', () => {
  it.each([
    [undefined, LIMITS.defaultResultTtlS],
    [60, 60],
    [2_592_000, 2_592_000],
  ])('of %s expires so long after the end', async (ttl, expected) => {
    const { id, expires_at: unknown } = await submit(ttl === undefined ? {} : { result_ttl_s: ttl });
    expect(unknown).toBeNull();
    await finishJob(api, id, await claimJob(api, id));
    const { completed_at: end, expires_at: expires } = (await api.call('GET', `/v1/jobs/${id}`)).body as Job;
    expect(Date.parse(expires!) - Date.parse(end!)).toBe(expected * 1000);
  });

  it.each([59, 2_592_001, 1.5, '60', null])('of %j is refused', async (ttl) => {
    const answer = await api.call('POST', '/v1/jobs', {
      body: { model: 'm', inputs: ['x'], result_ttl_s: ttl },
    });
    const problem = problemIn(answer);
    expect([problem.code, problem.errors?.[0]?.pointer]).toEqual(['validation', '/result_ttl_s']);
  });
});
