import type { Job } from '@heddle/contracts';
import { afterEach, describe, expect, it } from 'vitest';
import { problemIn, startApi, type TestApi } from './api.js';

let api: TestApi;
afterEach(() => api.stop());

const read = async () => {
  const answer = await api.call('GET', '/metrics');
  expect(answer.status, answer.text).toBe(200);
  expect(answer.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  return answer.text;
};
/** The value of the one sample whose labels are these. */
const sample = (text: string, name: string) => {
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${name} `));
  return line === undefined ? null : Number(line.slice(name.length + 1));
};

describe('GET /metrics of the api', () => {
  it('counts requests by template, and canceled jobs', async () => {
    api = await startApi();
    const body = { model: 'm', inputs: ['a very secret text'], metadata: { who: 'secret-customer' } };
    const { id } = (await api.call('POST', '/v1/jobs', { body })).body as Job;
    for (let i = 0; i < 3; i++) await api.call('GET', `/v1/jobs/${id}`);
    await api.call('POST', `/v1/jobs/${id}/cancel`);
    await api.call('POST', `/v1/jobs/${id}/cancel`);
    for (let i = 0; i < 20; i++) await api.call('GET', `/no/such/path-${i}?secret=${i}`);
    const text = await read();
    const requests = (route: string, method: string, status: number) =>
      sample(text, `heddle_http_requests_total{route="${route}",method="${method}",status="${status}"}`);
    expect(requests('/v1/jobs', 'POST', 202)).toBe(1);
    expect(requests('/v1/jobs/:id', 'GET', 200)).toBe(3);
    expect(requests('none', 'GET', 404)).toBe(20);
    expect(sample(text, 'heddle_http_request_duration_seconds_count{route="/v1/jobs/:id"}')).toBe(3);
    const canceled = '{model="m",task="text-classification",source="native",status="canceled"}';
    expect(sample(text, `heddle_jobs_total${canceled}`)).toBe(1);
    expect(text).toMatch(/heddle_build_info\{version="\d+\.\d+\.\d+",commit="[0-9a-f]*"\} 1/);
    expect(sample(text, 'heddle_event_loop_lag_seconds')).toBeGreaterThanOrEqual(0);
    for (const kind of ['resident', 'heap', 'heap_used', 'external'])
      expect(sample(text, `heddle_process_memory_bytes{kind="${kind}"}`)).toBeGreaterThan(2 ** 20);
    for (const secret of ['secret', 'acme', id, api.key.slice(4), 'path-'])
      expect(text).not.toContain(secret);
  });

  it('is for operators unless it is open', async () => {
    api = await startApi();
    const refused = await api.call('GET', '/metrics', { key: await api.keyWith(['read', 'manage']) });
    expect([refused.status, problemIn(refused)]).toMatchObject([403, { required_scope: 'operate' }]);
    const anonymous = await api.call('GET', '/metrics', { key: null });
    expect([anonymous.status, problemIn(anonymous).code]).toEqual([401, 'unauthorized']);
    const posted = await api.call('POST', '/metrics', { body: {} });
    expect([posted.status, posted.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  });

  it('may be open', async () => {
    api = await startApi({ HEDDLE_METRICS: 'open' });
    expect((await api.call('GET', '/metrics', { key: null })).text).toContain('heddle_build_info');
  });

  it('may be off', async () => {
    api = await startApi({ HEDDLE_METRICS: 'off' });
    expect((await api.call('GET', '/metrics')).status).toBe(404);
  });
});
