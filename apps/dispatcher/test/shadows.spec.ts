import type { Alias, Job, Page } from '@heddle/contracts';
import { openStore, type Store } from '@heddle/store';
import { startHeddle, type TestHeddle, waitFor } from '@heddle/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';

let system: TestHeddle;
let store: Store;

beforeAll(async () => {
  system = await startHeddle();
  store = await openStore({
    url: system.database.url,
    applicationName: 'spec',
    onPoolError: () => undefined,
  });
  const [tenant] = await system.database.query<{ id: string }>(
    'SELECT tenant_id AS id FROM api_keys ORDER BY id DESC LIMIT 1',
  );
  // The shipped model twice: the second version takes shorter texts only, so some answers differ.
  const { manifest } = await store.models.resolve(tenant!.id, 'sentiment');
  for (const maxTokens of [manifest.maxTokens, 16]) {
    const version = {
      tenantId: tenant!.id,
      name: 'mine',
      description: '',
      manifest: { ...manifest, maxTokens },
    };
    await store.models.addVersion(version);
  }
}, 180_000);
afterAll(async () => {
  await store.close();
  await system.stop();
});

async function call<T>(method: string, path: string, body?: object): Promise<T> {
  const answer = await fetch(system.url + path, {
    method,
    headers: {
      authorization: `Bearer ${system.key}`,
      prefer: 'wait=30',
      ...(body ? { 'content-type': 'application/json' } : {}),
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  expect(answer.status).toBeLessThan(300);
  return (await answer.json()) as T;
}

it('a shadow answers the same jobs, nobody sees it, and the alias says how it compares', {
  timeout: 120_000,
}, async () => {
  const path = '/v1/models/mine/aliases/production';
  await call('PUT', path, { version: 1, shadow: 2 });
  const long = 'a long text that goes on and on and on, far beyond what the shadow is made for, is it not?';
  for (const text of ['I loved it', 'I hated it', 'meh', long]) {
    const job = await call<Job>('POST', '/v1/jobs', { model: 'mine', inputs: [text] });
    expect([job.status, job.version_number]).toEqual(['succeeded', 1]);
  }
  const comparisons = await waitFor(
    async () => {
      const { shadow } = await call<Alias>('GET', path);
      const [found] = shadow!.comparisons!;
      return found && found.jobs + found.dropped === 4 ? shadow!.comparisons : null;
    },
    { timeoutMs: 60_000 },
  );
  expect(comparisons).toEqual([
    {
      task: 'text-classification',
      ...{ jobs: 4, failed: 1, dropped: 0, decisions: 4, agreement: 0.75 },
      mean_score_difference: expect.closeTo(0, 4),
    },
  ]);
  expect((await call<Page<Job>>('GET', '/v1/jobs?model=mine')).data).toHaveLength(4);
});

it('a canary that fails is taken away, and the history says by whom', { timeout: 120_000 }, async () => {
  const path = '/v1/models/mine/aliases/production';
  const rollback = { max_error_rate: 0.5, min_jobs: 5 };
  await call('PUT', path, { version: 1, canary: { version: 2, percent: 90, rollback } });
  const long = 'word '.repeat(40);
  const failed = await waitFor(
    async () => {
      const job = await call<Job>('POST', '/v1/jobs', { model: 'mine', inputs: [long] });
      expect([job.status, job.version_number]).toEqual(job.canary ? ['failed', 2] : ['succeeded', 1]);
      const alias = await call<Alias>('GET', path);
      return alias.canary === null ? alias.history![0] : null;
    },
    { timeoutMs: 90_000 },
  );
  expect(failed).toMatchObject({
    actor: { key: null, name: 'heddle' },
    refused: null,
    from: { canary: { percent: 90, rollback } },
    to: { canary: null },
  });
  expect(system.logs()).toMatch(/[0-9]+ of [0-9]+ jobs failed/);
  const job = await call<Job>('POST', '/v1/jobs', { model: 'mine', inputs: [long] });
  expect([job.status, job.canary]).toEqual(['succeeded', false]);
});
