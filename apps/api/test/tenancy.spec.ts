import type { Job, Page } from '@heddle/contracts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Answer, claimJob, finishJob, problemIn, startApi, type TestApi } from './api.js';

let api: TestApi;
let jobId: string;
beforeAll(async () => {
  api = await startApi();
  const job = await call('POST', '/v1/jobs', { body: { model: 'm', inputs: ['x'] } });
  jobId = (job.body as Job).id;
  await finishJob(api, jobId, await claimJob(api, jobId));
  const form = new FormData();
  form.set('purpose', 'model');
  form.set('file', new Blob(['{}']), 'config.json');
  for (const { status } of [
    await call('POST', '/v1/files', { form }),
    await call('POST', '/v1/models', { body: { name: 'own' } }),
    await call('POST', '/v1/webhooks', { body: { url: 'https://93.184.216.34/', events: ['*'] } }),
  ]) {
    expect(status).toBe(201);
  }
  const second = (await call('POST', '/v1/jobs', { body: { model: 'm', inputs: ['x'] } })).body as Job;
  await call('POST', `/v1/jobs/${second.id}/cancel`);
});
afterAll(() => api.stop());

/** As a tenant that is no operator. */
const call = (method: string, path: string, options: Parameters<TestApi['call']>[2] = {}): Promise<Answer> =>
  api.call(method, path, { ...options, key: api.strangerKey });

/** What requests see while the policy lets a tenant see nothing of the table. */
async function withoutPolicy<T>(table: string, work: () => Promise<T>): Promise<T> {
  await api.database.query(`ALTER POLICY own ON ${table} USING (false)`);
  try {
    return await work();
  } finally {
    await api.database.query(`ALTER POLICY own ON ${table} USING (tenant_id = current_tenant())`);
  }
}

it.each([
  ['jobs', '/v1/jobs'],
  ['files', '/v1/files'],
  ['api_keys', '/v1/keys'],
  ['audit_entries', '/v1/audit'],
  ['models', '/v1/models'],
  ['webhook_endpoints', '/v1/webhooks'],
  ['webhook_deliveries', '/v1/deliveries'],
])('what a tenant lists of %s is what the policy lets it see', async (table, path) => {
  const list = async () => {
    const answer = await call('GET', path);
    expect(answer.status, answer.text).toBe(200);
    return (answer.body as Page<{ name?: string }>).data.filter(({ name }) => name !== 'm' && name !== 'ner')
      .length;
  };
  expect(await list()).toBeGreaterThan(0);
  expect(await withoutPolicy(table, list)).toBe(0);
  expect(await list()).toBeGreaterThan(0);
});

it.each([
  ['GET', ''],
  ['GET', '?include=input,output'],
  ['GET', '/events'],
  ['POST', '/cancel'],
  ['POST', '/purge'],
])('%s /v1/jobs/{id}%s relies on the policy', async (method, suffix) => {
  const answer = await withoutPolicy('jobs', () => call(method, `/v1/jobs/${jobId}${suffix}`));
  expect([answer.status, problemIn(answer).code]).toEqual([404, 'not-found']);
});

it('inputs and results are protected beside their job', async () => {
  const bare = await withoutPolicy('job_results', () =>
    withoutPolicy('job_inputs', () => call('GET', `/v1/jobs/${jobId}?include=input,output`)),
  );
  expect(bare.body).toMatchObject({ id: jobId, status: 'succeeded' });
  const full = await call('GET', `/v1/jobs/${jobId}?include=input,output`);
  expect([bare, full].map(({ text }) => text.includes('"labels"'))).toEqual([false, true]);
});

it('nothing of a tenant is lost by that', async () => {
  const answer = await call('GET', `/v1/jobs/${jobId}?include=input,output`);
  expect(answer.body).toMatchObject({ id: jobId, status: 'succeeded', inputs: ['x'] });
});
