import type { Job } from '@heddle/contracts';
import { fromPublicId, newUuid } from '@heddle/contracts';
import { migrate, openStore } from '@heddle/store';
import { startTestPostgres, testBeat } from '@heddle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApi, startProcess, stopProcess, type TestApi } from './api.js';

let api: TestApi;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.stop());

const worker = { id: newUuid(), leaseMs: 60_000 };

/** Ends a job as a worker would. */
async function finish(publicId: string): Promise<void> {
  const id = fromPublicId('job', publicId)!;
  let epoch = 0;
  await api.store.jobs.dispatch(api.versionId, 100, async (candidates) => {
    epoch = candidates.find((candidate) => candidate.id === id)!.epoch;
    return candidates;
  });
  const [job] = await api.store.jobs.claim([{ id, epoch }], worker);
  await api.store.jobs.finish(
    [
      {
        id,
        attempt: job!.attempt,
        results: JSON.stringify([{ index: 0, output: { labels: [{ label: 'positive', score: 1 }] } }]),
        succeeded: 1,
        failed: 0,
        usage: { tokens: 3, padded_tokens: 3, truncated: 0 },
        timing: { queue_ms: 1, tokenize_ms: 2, inference_ms: 3 },
        error: null,
      },
    ],
    worker.id,
  );
}
const body = { model: 'm', inputs: ['x'] };

describe('Prefer: wait', () => {
  it('holds until the end and answers 201', async () => {
    const waiting = api.call('POST', '/v1/jobs', { body, headers: { prefer: 'wait=20' } });
    let id = '';
    while (!id) {
      const { data } = (await api.call('GET', '/v1/jobs?status=queued')).body as { data: Job[] };
      id = data[0]?.id ?? '';
    }
    await finish(id);
    const answer = await waiting;
    expect([answer.status, (answer.body as Job).status]).toEqual([201, 'succeeded']);
    expect(answer.headers.get('preference-applied')).toBe('wait=20');
    expect(answer.headers.get('vary')).toBe('Prefer');
    expect(answer.headers.get('server-timing')).toBe('queue;dur=1, tokenize;dur=2, inference;dur=3');
    expect((answer.body as Job).timing!.total_ms).toBeGreaterThan(0);
  });

  it('ends without an end as 202, or 200 on GET', async () => {
    const posted = await api.call('POST', '/v1/jobs', { body, headers: { prefer: 'wait=1' } });
    expect([posted.status, (posted.body as Job).status]).toEqual([202, 'queued']);
    const got = await api.call('GET', `/v1/jobs/${(posted.body as Job).id}`, {
      headers: { prefer: 'respond-async, wait=1' },
    });
    expect([got.status, got.headers.get('preference-applied')]).toEqual([200, 'wait=1']);
    await api.call('POST', `/v1/jobs/${(posted.body as Job).id}/cancel`);
  });

  it('wakes every waiter when a job is canceled', async () => {
    const { id } = (await api.call('POST', '/v1/jobs', { body })).body as Job;
    const waiters = Array.from({ length: 20 }, () =>
      api.call('GET', `/v1/jobs/${id}`, { headers: { prefer: 'wait=30' } }),
    );
    await new Promise((resolve) => setTimeout(resolve, 100));
    await api.call('POST', `/v1/jobs/${id}/cancel`);
    for (const answer of await Promise.all(waiters)) expect((answer.body as Job).status).toBe('canceled');
  });

  it('of a job that has ended answers at once, and of a stranger’s not at all', async () => {
    const { id } = (await api.call('POST', '/v1/jobs', { body })).body as Job;
    await finish(id);
    const answer = await api.call('GET', `/v1/jobs/${id}`, { headers: { prefer: 'wait' } });
    expect((answer.body as Job).status).toBe('succeeded');
    const stranger = await api.call('GET', `/v1/jobs/${id}`, {
      key: api.strangerKey,
      headers: { prefer: 'wait=60' },
    });
    expect(stranger.status).toBe(404);
  });

  it.each(['wait=61', 'wait=1000000000', `wait=${'9'.repeat(400)}`, 'wait'])(
    'waits as long as may be when asked for more: %s',
    async (prefer) => {
      const { id } = (await api.call('POST', '/v1/jobs', { body })).body as Job;
      await finish(id);
      const answer = await api.call('GET', `/v1/jobs/${id}`, { headers: { prefer } });
      expect(answer.headers.get('preference-applied')).toBe('wait=60');
    },
  );

  it.each(['wait=x', 'wait=-1', 'nonsense', ';;;', ''])('ignores %j', async (prefer) => {
    const answer = await api.call('POST', '/v1/jobs', { body, headers: { prefer } });
    expect([answer.status, answer.headers.get('preference-applied')]).toEqual([202, null]);
  });
});

describe('the life of the process', () => {
  it('releases waiters with the present state when it stops', async () => {
    const postgres = await startTestPostgres();
    const options = { url: postgres.url, applicationName: 'spec', onPoolError: () => undefined };
    await migrate(options);
    const store = await openStore(options);
    const tenant = await store.tenants.ensure('acme', 'Acme');
    const key = await store.keys.create(tenant.id, 'k', ['infer', 'read']);
    const { testManifest } = await import('@heddle/testing');
    await store.models.addVersion({
      tenantId: tenant.id,
      name: 'm',
      description: '',
      manifest: testManifest(),
    });
    const { child, url } = await startProcess({ HEDDLE_DATABASE_URL: postgres.url });
    const call = (method: string, path: string, prefer?: string) =>
      fetch(url + path, {
        method,
        headers: {
          authorization: `Bearer ${key}`,
          'content-type': 'application/json',
          ...(prefer ? { prefer } : {}),
        },
        ...(method === 'POST' ? { body: JSON.stringify(body) } : {}),
      });

    const ready = await call('GET', '/readyz');
    expect([ready.status, ready.headers.get('retry-after')]).toEqual([503, '2']);
    await store.workers.heartbeat(testBeat({ phase: 'starting' }));
    const starting = (await (await call('GET', '/readyz')).json()) as { detail: string; status: number };
    expect(starting).toMatchObject({ status: 503, detail: 'No worker is running.' });
    await store.workers.heartbeat(testBeat());
    const undispatched = (await (await call('GET', '/readyz')).json()) as { detail: string; status: number };
    expect(undispatched).toMatchObject({ status: 503, detail: expect.stringContaining('dispatcher') });
    await store.dispatchers.queueAnswered({ id: newUuid(), host: 'h', pid: 1 });
    expect((await call('GET', '/readyz')).status).toBe(200);

    await postgres.kill();
    const refused = await call('POST', '/v1/jobs');
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);
    expect(((await refused.json()) as { code: string }).code).toBe('overloaded');
    expect((await call('GET', '/readyz')).status).toBe(503);
    expect((await call('GET', '/healthz')).status).toBe(200);
    await postgres.restart();
    let accepted = await call('POST', '/v1/jobs');
    for (let i = 0; i < 50 && accepted.status === 503; i++) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      accepted = await call('POST', '/v1/jobs');
    }
    expect(accepted.status).toBe(202);

    const waiting = call('POST', '/v1/jobs', 'wait=60');
    await new Promise((resolve) => setTimeout(resolve, 300));
    const stopped = stopProcess(child);
    const answer = await waiting;
    expect([answer.status, ((await answer.json()) as Job).status]).toEqual([202, 'queued']);
    await stopped;
    expect(child.exitCode).toBe(0);
    await store.close();
    await postgres.stop();
  });
});
