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
      expect(made!.to).toEqual({ version: now.alias.version, canary: null, shadow: null });
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
    [{ version: 1, canary: { version: 2, percent: 5, rollback: {} } }, 422, '/canary/rollback'],
    [
      { version: 1, canary: { version: 2, percent: 5, rollback: { max_error_rate: 2 } } },
      422,
      '/canary/rollback/max_error_rate',
    ],
    [
      { version: 1, canary: { version: 2, percent: 5, rollback: { max_disagreement: 0.1 } } },
      422,
      '/canary/rollback/max_disagreement',
    ],
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

describe('a shadow', () => {
  it('is shown with what came of it, kept in the history, and not deleted', async () => {
    const name = await newModel(2);
    const answer = await put(name, { version: 1, shadow: 2 });
    expect([answer.status, (answer.body as Alias).shadow]).toMatchObject([
      200,
      { version_number: 2, comparisons: [] },
    ]);
    expect((answer.body as Alias).history![0]!.to!.shadow).toMatch(/^ver_/);
    const job = (await submit(name)).body as Job;
    expect(job).toMatchObject({ version_number: 1, canary: false });
    await api.store.jobs.cancel(api.tenantId, fromPublicId('job', job.id)!);
    expect(problemIn(await api.call('DELETE', `/v1/models/${name}/versions/2`)).code).toBe('in-use');
    for (const [shadow, status] of [
      [1, 422],
      [9, 404],
      ['x', 404],
    ] as const) {
      const refused = await put(name, { version: 1, shadow });
      expect([refused.status, problemIn(refused).errors![0]!.pointer]).toEqual([status, '/shadow']);
    }
    expect((await put(name, { version: 1 })).body).toMatchObject({ shadow: null });
    expect((await api.call('DELETE', `/v1/models/${name}/versions/2`)).status).toBe(204);
  });
});

describe('gates', () => {
  const GATES = [
    { metric: 'accuracy', min: 0.9 },
    { metric: 'macro_f1', max_drop: 0.005 },
  ];
  const gate = (name: string, body: object) => api.call('PATCH', `/v1/models/${name}`, { body });

  it('are kept with the model, and changed', async () => {
    const name = `gated-${newUuid()}`;
    const made = await api.call('POST', '/v1/models', { body: { name, gates: GATES, gated: ['live'] } });
    expect([made.status, made.body]).toMatchObject([201, { gates: GATES, gated: ['live'] }]);
    expect((await gate(name, { gates: [] })).body).toMatchObject({ gates: [], gated: ['live'] });
    const plain = await newModel(1);
    expect((await api.call('GET', `/v1/models/${plain}`)).body).toMatchObject({
      gates: [],
      gated: ['production'],
    });
    const audit = (await api.call('GET', '/v1/audit?action=model.update')).body as Page<{ after: object }>;
    expect(audit.data[0]!.after).toMatchObject({ gates: [], gated: ['live'] });
  });

  it.each<[object, string]>([
    [{ gates: [{ metric: 'accuracy' }] }, '/gates/0/min'],
    [{ gates: [{ metric: 'Big', min: 1 }] }, '/gates/0/metric'],
    [{ gates: [{ metric: 'f1', max_drop: -1 }] }, '/gates/0/max_drop'],
    [{ gates: [GATES[0], GATES[0]] }, '/gates/1'],
    [{ gates: Array.from({ length: 17 }, (_, i) => ({ metric: `m${i}`, min: 0 })) }, '/gates'],
    [{ gated: ['7'] }, '/gated/0'],
  ])('cannot be %j', async (body, pointer) => {
    const answer = await gate(await newModel(1), body);
    expect([answer.status, problemIn(answer).errors![0]!.pointer]).toEqual([422, pointer]);
  });

  it('block an alias that they hold for, unless it is forced, which is written down', async () => {
    const name = await newModel(3);
    await gate(name, { gates: GATES, gated: ['production'] });
    const blocked = await put(name, { version: 2 });
    expect([blocked.status, problemIn(blocked)]).toMatchObject([
      409,
      {
        code: 'promotion-blocked',
        failed_gates: [
          { metric: 'accuracy', rule: 'min', required: 0.9, actual: null, baseline: null },
          { metric: 'macro_f1', rule: 'max_drop', required: 0.005, actual: null, baseline: null },
        ],
      },
    ]);
    expect((await get(name)).alias).toMatchObject({
      version_number: 1,
      history: [{ refused: 'promotion-blocked', forced: false }, { refused: null }],
    });
    // A trial is no promotion, and neither is its end.
    expect((await put(name, { version: 1, canary: { version: 2, percent: 1 } })).status).toBe(200);
    expect((await put(name, { version: 1 })).status).toBe(200);
    const other = await api.call('PUT', pathOf(name, 'staging'), { body: { version: 2 } });
    expect(other.status).toBe(200);
    const forced = await put(name, { version: 2, force: true });
    expect([forced.status, (forced.body as Alias).history![0]]).toMatchObject([
      200,
      { refused: null, forced: true },
    ]);
    const audit = await api.call('GET', `/v1/audit?action=alias.set&object=${name}@production`);
    expect((audit.body as Page<{ after: object }>).data[0]!.after).toMatchObject({ forced: true });
    const unknown = await put(name, { version: 3, evaluation: 'evl_x', force: true });
    expect([unknown.status, problemIn(unknown).errors![0]!.pointer]).toEqual([404, '/evaluation']);
  });

  it('keep the first version of a model from becoming production by itself', async () => {
    const name = `gated-${newUuid()}`;
    await api.call('POST', '/v1/models', { body: { name, gates: GATES } });
    await addVersion(name);
    expect((await api.call('GET', pathOf(name))).status).toBe(404);
    expect((await put(name, { version: 1 })).status).toBe(409);
    expect((await put(name, { version: 1, force: true })).status).toBe(200);
    expect((await get(name)).alias.history).toMatchObject([
      { forced: true },
      { refused: 'promotion-blocked' },
    ]);
  });
});
