import { type Alias, fromPublicId, type Job, type Model, newUuid, type Page } from '@heddle/contracts';
import { testManifest } from '@heddle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { problemIn, startApi, type TestApi } from './api.js';

let api: TestApi;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.stop());

let count = 0;
/** A model with that many ready versions, `production` at the first. Returns its name. */
async function newModel(versions: number, tasks = testManifest().tasks): Promise<string> {
  const name = `aliased-${++count}`;
  for (let i = 0; i < versions; i++) await addVersion(name, tasks);
  return name;
}
async function addVersion(name: string, tasks = testManifest().tasks, layers = 3): Promise<void> {
  const source = { sha256: newUuid().replaceAll('-', '').repeat(2), compiler: 'test' };
  const architecture = { ...testManifest().architecture, layers };
  const manifest = testManifest({ source, tasks, architecture });
  await api.store.models.addVersion({ tenantId: api.tenantId, name, description: '', manifest });
}
const pathOf = (name: string, alias = 'production') => `/v1/models/${name}/aliases/${alias}`;
const put = (name: string, body: object, headers: Record<string, string> = {}) =>
  api.call('PUT', pathOf(name), { body, headers });
const get = async (name: string) => {
  const answer = await api.call('GET', pathOf(name));
  return { alias: answer.body as Alias, etag: answer.headers.get('etag')! };
};
const submit = (model: string, key?: string, more: object = {}) =>
  api.call('POST', '/v1/jobs', {
    body: { model, inputs: ['a text'], ...more },
    headers: key ? { 'idempotency-key': key } : {},
  });

describe('the history of an alias', () => {
  it('shows who moved it and both tries of two clients with the same If-Match, of which one wins', async () => {
    const name = await newModel(3);
    for (let round = 0; round < 5; round++) {
      const { alias, etag } = await get(name);
      const wanted = [1, 2, 3].filter((number) => number !== alias.version_number);
      const answers = await Promise.all(
        wanted.map((version) => put(name, { version }, { 'if-match': etag })),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 412]);
      const winner = answers.findIndex(({ status }) => status === 200);
      expect(problemIn(answers[1 - winner]!).code).toBe('precondition-failed');
      const now = await get(name);
      expect(now.alias.version_number).toBe(wanted[winner]);
      expect(now.etag).not.toBe(etag);
      const [refused, made] = now.alias.history!;
      const actor = { key: expect.stringMatching(/^key_/), name: 'all' };
      expect(made).toMatchObject({ actor, refused: null, from: { version: alias.version }, forced: false });
      expect(made!.to).toEqual({ version: now.alias.version, canary: null });
      expect(refused).toMatchObject({ actor, refused: 'precondition-failed', from: made!.to });
      expect(refused!.to!.version).not.toBe(now.alias.version);
    }
    const list = (await api.call('GET', `/v1/models/${name}/aliases`)).body as Page<Alias>;
    expect(list.data[0]).not.toHaveProperty('history');
  });

  it('of the library’s shows no key of an operator to others', async () => {
    const alias = (await api.call('GET', pathOf('m'), { key: api.strangerKey })).body as Alias;
    expect(alias.history).toMatchObject([{ actor: { key: null, name: 'local' }, from: null }]);
  });
});

describe('a canary', () => {
  it('answers its share of the jobs that name the alias, and the job says so', {
    timeout: 120_000,
  }, async () => {
    const name = await newModel(2);
    const answer = await put(name, { version: 1, canary: { version: 2, percent: 30 } });
    expect([answer.status, answer.body]).toMatchObject([
      200,
      { version_number: 1, canary: { version_number: 2, percent: 30 } },
    ]);
    const jobs: Job[] = [];
    for (let i = 0; i < 20; i++) {
      const answers = await Promise.all(Array.from({ length: 20 }, () => submit(name)));
      jobs.push(...answers.map(({ body }) => body as Job));
    }
    for (const job of jobs) {
      expect([job.alias, job.version_number]).toEqual(['production', job.canary ? 2 : 1]);
    }
    const share = jobs.filter(({ canary }) => canary).length / jobs.length;
    // Four standard deviations of 400 draws.
    expect(Math.abs(share - 0.3)).toBeLessThan(4 * Math.sqrt((0.3 * 0.7) / jobs.length));
    const shown = (await api.call('GET', `/v1/jobs/${jobs[0]!.id}`)).body;
    expect(shown).toMatchObject({ canary: jobs[0]!.canary, version: jobs[0]!.version });
    const named = (await submit(`${name}@1`)).body as Job;
    expect([named.alias, named.canary]).toEqual([null, false]);
  });

  it('is chosen by the idempotency key: a request that is sent again gets the same', async () => {
    const name = await newModel(2);
    await put(name, { version: 1, canary: { version: 2, percent: 50 } });
    const chosen = new Set<boolean>();
    for (let i = 0; i < 20; i++) {
      const first = (await submit(name, `key-${count}-${i}`)).body as Job;
      const again = await submit(name, `key-${count}-${i}`);
      expect(again.headers.get('idempotency-replayed')).toBe('true');
      expect(again.body).toMatchObject({ id: first.id, version: first.version, canary: first.canary });
      // Another job of the same key, as if the first had been refused: the row is gone, the choice is not.
      await api.store.jobs.cancel(api.tenantId, fromPublicId('job', first.id)!);
      await api.database.query(`DELETE FROM jobs WHERE id = '${fromPublicId('job', first.id)}'`);
      expect((await submit(name, `key-${count}-${i}`)).body).toMatchObject({ canary: first.canary });
      chosen.add(first.canary);
    }
    expect(chosen).toEqual(new Set([true, false]));
  });

  it('leaves to the alias’s version what only it refuses, and takes no batches', async () => {
    const name = await newModel(0);
    await addVersion(name, ['attention']);
    await addVersion(name, ['attention'], 1);
    expect((await put(name, { version: 1, canary: { version: 2, percent: 99 } })).status).toBe(200);
    const jobs = await Promise.all(
      Array.from({ length: 20 }, () => submit(name, undefined, { parameters: { layers: [2] } })),
    );
    for (const { status, body } of jobs) {
      expect([status, (body as Job).version_number, (body as Job).canary]).toEqual([202, 1, false]);
    }
    const plain = await Promise.all(Array.from({ length: 20 }, () => submit(name)));
    expect(plain.some(({ body }) => (body as Job).canary)).toBe(true);
    const form = new FormData();
    form.set('purpose', 'batch');
    form.set('file', new Blob(['{"custom_id":"a","input":"x"}\n']), 'lines.jsonl');
    const file = (await api.call('POST', '/v1/files', { form })).body as { id: string };
    for (let i = 0; i < 5; i++) {
      const batch = await api.call('POST', '/v1/batches', { body: { file: file.id, model: name } });
      expect([batch.status, batch.body]).toMatchObject([202, { version_number: 1 }]);
    }
  });

  it.each<[object, number, string]>([
    [{ version: 1, canary: { version: 1, percent: 5 } }, 422, '/canary/version'],
    [{ version: 1, canary: { version: 9, percent: 5 } }, 404, '/canary/version'],
    [{ version: 1, canary: { version: 'x', percent: 5 } }, 404, '/canary/version'],
    [{ version: 1, canary: { version: 2, percent: 0 } }, 422, '/canary/percent'],
    [{ version: 1, canary: { version: 2, percent: 100 } }, 422, '/canary/percent'],
    [{ version: 1, canary: { version: 2, percent: 1.5 } }, 422, '/canary/percent'],
    [{ version: 1, canary: { version: 2 } }, 422, '/canary/percent'],
    [{ canary: { version: 2, percent: 5 } }, 422, '/version'],
  ])('cannot be %j', async (body, status, pointer) => {
    const answer = await put(await newModel(2), body);
    expect([answer.status, problemIn(answer).errors![0]!.pointer]).toEqual([status, pointer]);
  });

  it('keeps its version from being deleted', async () => {
    const name = await newModel(2);
    await put(name, { version: 1, canary: { version: 2, percent: 5 } });
    const remove = () => api.call('DELETE', `/v1/models/${name}/versions/2`);
    expect(problemIn(await remove()).code).toBe('in-use');
    await put(name, { version: 1, canary: null });
    expect((await remove()).status).toBe(204);
    expect(((await api.call('GET', `/v1/models/${name}`)).body as Model).latest_version).toBe(1);
  });
});
