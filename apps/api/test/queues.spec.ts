import {
  type AuditEntry,
  fromPublicId,
  type Job,
  newUuid,
  type Page,
  type Queue,
  toPublicId,
} from '@heddle/contracts';
import { testBeat, testManifest } from '@heddle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { claimJob, problemIn, startApi, type TestApi, WORKER } from './api.js';

let api: TestApi;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.stop());

/** A model of the tenant with one version. */
async function newModel(tenantId = api.tenantId): Promise<{ name: string; version: string }> {
  const name = `m${newUuid().slice(-8)}`;
  const { id } = await api.store.models.addVersion({
    tenantId,
    name,
    description: '',
    manifest: testManifest(),
  });
  return { name, version: toPublicId('version', id) };
}
const submit = async (model: string, priority = 'normal', key = api.key) => {
  const body = { model, inputs: ['some words'], priority };
  const answer = await api.call('POST', '/v1/jobs', { key, body });
  expect(answer.status, answer.text).toBe(202);
  return answer.body as Job;
};
const list = async (query = '?limit=100', key = api.key) => {
  const answer = await api.call('GET', `/v1/queues${query}`, { key });
  expect(answer.status, answer.text).toBe(200);
  return answer.body as Page<Queue>;
};
const queueOf = async (version: string) => (await list()).data.find(({ id }) => id === version)!;
const post = (version: string, what: string, body?: unknown) =>
  api.call('POST', `/v1/queues/${version}/${what}`, body === undefined ? {} : { body });
/** Dispatches what may be; the ids. */
async function dispatched(version: string): Promise<string[]> {
  const ids: string[] = [];
  await api.store.jobs.dispatch(fromPublicId('version', version)!, 100, async (chosen) => {
    ids.push(...chosen.map(({ id }) => toPublicId('job', id)));
    return chosen;
  });
  return ids;
}

describe('GET /v1/queues', () => {
  it('shows what waits, and what serves it', async () => {
    const { name, version } = await newModel();
    expect(await queueOf(version)).toEqual({
      id: version,
      object: 'queue',
      model: name,
      version_number: 1,
      paused: false,
      queued: 0,
      running: 0,
      queued_by_priority: { high: 0, normal: 0, low: 0 },
      queued_tokens: 0,
      oldest_age_s: null,
      tokens_per_s: 0,
      eta_s: null,
      workers: 0,
      desired_workers: 1,
    });
    for (const priority of ['high', 'low', 'low']) await submit(name, priority);
    const id = fromPublicId('version', version)!;
    await api.database.query(
      `UPDATE jobs SET cost = 1000, created_at = now() - interval '90 seconds' WHERE version_id = '${id}'`,
    );
    await api.store.workers.heartbeat(testBeat({ served: [id], throughput: { [id]: 40 } }));
    await api.store.workers.heartbeat(testBeat({ served: [id] }));
    await api.store.workers.heartbeat(testBeat({ served: [id], phase: 'draining' }));
    expect(await queueOf(version)).toMatchObject({
      queued: 3,
      queued_by_priority: { high: 1, normal: 0, low: 2 },
      queued_tokens: 3000,
      oldest_age_s: expect.closeTo(90, -1),
      tokens_per_s: 40,
      eta_s: 75,
      workers: 2,
      // 3000 tokens in 30 s at 40 a second of each.
      desired_workers: 3,
    });
  });

  it('counts running jobs apart', async () => {
    const job = await submit('m');
    const before = await queueOf(job.version);
    await claimJob(api, job.id);
    const after = await queueOf(job.version);
    expect([after.queued, after.running]).toEqual([before.queued - 1, before.running + 1]);
  });

  it('shows operators all, and a tenant the queues of its own models', async () => {
    const stranger = await api.store.tenants.findBySlug('stranger');
    const own = await newModel();
    const theirs = await newModel(stranger!.id);
    const ids = async (key?: string) => (await list('?limit=100', key)).data.map(({ id }) => id);
    expect(await ids()).toEqual(expect.arrayContaining([own.version, theirs.version]));
    const reader = await ids(await api.keyWith(['read']));
    expect(reader).toContain(own.version);
    expect(reader).not.toContain(theirs.version);
    expect(reader).not.toContain(toPublicId('version', api.versionId));
    expect(await ids(api.strangerKey)).toEqual([theirs.version]);
  });

  it('leaves an archived version out once its jobs have ended', async () => {
    const { name, version } = await newModel();
    const { id } = await submit(name);
    await api.call('PATCH', `/v1/models/${name}/versions/1`, { body: { archived: true } });
    expect(await queueOf(version)).toMatchObject({ queued: 1 });
    await api.call('POST', `/v1/jobs/${id}/cancel`);
    expect(await queueOf(version)).toBeUndefined();
  });

  it('pages through them, newest first', async () => {
    const older = await newModel();
    const newer = await newModel();
    const page = await list('?limit=1');
    expect(page.data.map(({ id }) => id)).toEqual([newer.version]);
    const next = await list(`?limit=1&cursor=${page.next_cursor}`);
    expect(next.data.map(({ id }) => id)).toEqual([older.version]);
    const reader = await api.keyWith(['read']);
    const foreign = await api.call('GET', `/v1/queues?cursor=${page.next_cursor}`, { key: reader });
    expect([foreign.status, problemIn(foreign).code]).toEqual([400, 'invalid-cursor']);
  });

  it('refuses parameters it does not know', async () => {
    const answer = await api.call('GET', '/v1/queues?paused=true');
    expect([answer.status, problemIn(answer).errors]).toMatchObject([400, [{ pointer: '?paused' }]]);
  });

  it('asks for a key with the scope read or operate', async () => {
    const answer = await api.call('GET', '/v1/queues', { key: await api.keyWith(['infer']) });
    expect([answer.status, problemIn(answer)]).toMatchObject([403, { required_scope: 'read' }]);
    expect((await list('', await api.keyWith(['operate']))).data.length).toBeGreaterThan(0);
  });
});

describe('POST /v1/queues/{ver}/pause and resume', () => {
  it('keeps what is accepted queued, also what was dispatched already', async () => {
    const { name, version } = await newModel();
    const [first, second] = [await submit(name), await submit(name)];
    expect(await dispatched(version)).toEqual([first.id, second.id]);
    const uuid = fromPublicId('job', first.id)!;
    const claim = async (epoch: number) =>
      (await api.store.jobs.claim([{ id: uuid, epoch }], { id: newUuid(), leaseMs: 60_000 })).length;

    const paused = await post(version, 'pause');
    expect([paused.status, paused.body]).toMatchObject([200, { paused: true, queued: 2, running: 0 }]);
    const third = await submit(name);
    expect(await dispatched(version)).toEqual([]);
    expect(await api.store.jobs.versionsWithBacklog()).not.toContain(fromPublicId('version', version));
    // Neither the entry that is in the queue still, nor one that slips in.
    expect([await claim(0), await claim(1)]).toEqual([0, 0]);
    expect((await queueOf(version)).queued).toBe(3);

    const resumed = await post(version, 'resume', {});
    expect([resumed.status, resumed.body]).toMatchObject([200, { paused: false, queued: 3 }]);
    expect(await dispatched(version)).toEqual([first.id, second.id, third.id]);
  });

  it('lets what runs go on', async () => {
    const job = await submit('m');
    const attempt = await claimJob(api, job.id);
    await post(job.version, 'pause');
    const held = { id: fromPublicId('job', job.id)!, attempt };
    expect(await api.store.jobs.extendLeases([held], WORKER)).toEqual([]);
    await post(job.version, 'resume');
  });

  it('is idempotent, and written down once each', async () => {
    const { version } = await newModel();
    for (const what of ['pause', 'pause', 'resume', 'resume', 'pause']) {
      expect((await post(version, what)).status).toBe(200);
    }
    const log = (await api.call('GET', `/v1/audit?object=${version}`)).body as Page<AuditEntry>;
    const changes = log.data.filter(({ action }) => action.startsWith('queue.'));
    expect(changes.map(({ action, before, after }) => [action, before, after])).toEqual([
      ['queue.pause', { paused: false }, { paused: true }],
      ['queue.resume', { paused: true }, { paused: false }],
      ['queue.pause', { paused: false }, { paused: true }],
    ]);
    expect(log.data[0]!.tenant).toBe('acme');
  });

  it('takes no fields', async () => {
    const { version } = await newModel();
    const answer = await post(version, 'pause', { for_s: 60 });
    expect([answer.status, problemIn(answer).errors]).toMatchObject([422, [{ pointer: '/for_s' }]]);
    expect((await queueOf(version)).paused).toBe(false);
  });

  it.each([toPublicId('version', newUuid()), 'ver_x', '1', 'm'])('finds no queue %s', async (version) => {
    for (const what of ['pause', 'resume']) {
      const answer = await post(version, what);
      expect([answer.status, problemIn(answer).code]).toEqual([404, 'not-found']);
    }
  });

  it('asks for a key with the scope operate', async () => {
    const { version } = await newModel();
    const key = await api.keyWith(['infer', 'read', 'manage']);
    for (const what of ['pause', 'resume']) {
      const answer = await api.call('POST', `/v1/queues/${version}/${what}`, { key });
      expect([answer.status, problemIn(answer)]).toMatchObject([403, { required_scope: 'operate' }]);
    }
  });
});
