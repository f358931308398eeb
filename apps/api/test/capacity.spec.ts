import type { Job } from '@heddle/contracts';
import { testBeat } from '@heddle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, problemIn, startApi, type TestApi } from './api.js';

/** The count is taken anew once a second. */
const RECOUNT_MS = 1_100;
const CAP_OF_TENANT = 10;
const CAP = 14;

let api: TestApi;
beforeAll(async () => {
  api = await startApi({
    HEDDLE_MAX_QUEUED_ITEMS_PER_TENANT: String(CAP_OF_TENANT),
    HEDDLE_MAX_QUEUED_ITEMS: String(CAP),
  });
});
afterAll(() => api.stop());

const submit = (items: number, key = api.key, headers: Record<string, string> = {}): Promise<Answer> =>
  api.call('POST', '/v1/jobs', { key, body: { model: 'm', inputs: Array(items).fill('x') }, headers });
const recounted = () => new Promise((resolve) => setTimeout(resolve, RECOUNT_MS));

describe('capacity', () => {
  it('is that of the tenant, then that of the instance; replays need none; what ends makes room', async () => {
    const accepted = await submit(4, api.key, { 'idempotency-key': 'first' });
    expect(accepted.status).toBe(202);
    // All at once, before anything is counted anew: six of them are the last that fit.
    const flood = await Promise.all(Array.from({ length: 20 }, () => submit(1)));
    const statuses = flood.map(({ status }) => status);
    expect(statuses.filter((status) => status === 202)).toHaveLength(CAP_OF_TENANT - 4);
    const refused = flood.find(({ status }) => status !== 202)!;
    expect([refused.status, problemIn(refused).code]).toEqual([429, 'quota-exceeded']);
    expect(problemIn(refused).type).toBe('https://iana.org/assignments/http-problem-types#quota-exceeded');
    expect(problemIn(refused).retryable).toBe(true);
    // Nobody works, so nothing says how long it takes.
    expect(refused.headers.get('retry-after')).toBe('60');

    await recounted();
    expect((await submit(1)).status).toBe(429);
    const replay = await submit(4, api.key, { 'idempotency-key': 'first' });
    expect([replay.status, replay.headers.get('idempotency-replayed')]).toEqual([202, 'true']);
    expect((replay.body as Job).id).toBe((accepted.body as Job).id);
    const reused = await submit(3, api.key, { 'idempotency-key': 'first' });
    expect([reused.status, problemIn(reused).code]).toEqual([422, 'idempotency-key-reused']);

    expect((await submit(4, api.strangerKey)).status).toBe(202);
    const full = await submit(1, api.strangerKey);
    expect([full.status, problemIn(full).code]).toEqual([503, 'overloaded']);
    expect(full.headers.get('retry-after')).toBe('60');

    await api.store.workers.heartbeat(testBeat({ throughput: { [api.versionId]: 2 } }));
    const soon = Number((await submit(1, api.strangerKey)).headers.get('retry-after'));
    expect(soon).toBeGreaterThan(1);
    expect(soon).toBeLessThan(60);

    await api.call('POST', `/v1/jobs/${(accepted.body as Job).id}/cancel`);
    await recounted();
    // The first one after a pause goes by the old count and has it renewed.
    await submit(1);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect((await submit(2)).status).toBe(202);
  });
});
