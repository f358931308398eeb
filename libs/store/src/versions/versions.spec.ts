import type { ImportReport } from '@heddle/contracts';
import { newUuid, toPublicId } from '@heddle/contracts';
import { createMigratedDatabase, createTestDatabase, type TestDatabase, testManifest } from '@heddle/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { migrate, pendingMigrations, revertNewest } from '../database/migrations.js';
import { openStore, type Store } from '../store.js';
import { MAX_IMPORT_ATTEMPTS } from './claim.js';
import type { ImportFence } from './version.entity.js';

let database: TestDatabase;
let store: Store;
let tenant: string;
let model: string;
const worker = { id: newUuid(), leaseMs: 60_000 };
const REPORT = { files_read: [] } as unknown as ImportReport;
const PROGRESS = { stage: 'converting', percent: 40 } as const;

beforeAll(async () => {
  database = await createMigratedDatabase();
  const options = { url: database.url, applicationName: 'spec', onPoolError: () => undefined };
  store = await openStore(options);
});
afterAll(async () => {
  await store.close();
  await database.drop();
});
beforeEach(async () => {
  // Claims take any import: earlier tests must not leave one.
  await database.query(
    `UPDATE versions SET status = 'failed' WHERE status IN ('importing', 'converting', 'verifying')`,
  );
  tenant = (await store.tenants.ensure(`t-${newUuid().slice(-12)}`, 'Test')).id;
  model = (await store.models.create({ tenantId: tenant, name: 'm', description: '', idempotency: null })).id;
});

const digest = (seed: string) => seed.repeat(64).slice(0, 64);
const manifest = (seed: string) =>
  testManifest({
    source: { sha256: digest(seed), compiler: 'test' },
    files: { 'model.onnx': { sha256: digest(seed), bytes: 1 } },
  });
async function upload(sha256: string, filename = 'config.json'): Promise<string> {
  const file = { tenantId: tenant, purpose: 'model', filename, bytes: 1, sha256 } as const;
  const { id } = await store.files.reserve({ ...file, expiresInS: null, idempotency: null });
  await store.files.markStored(tenant, id);
  return id;
}
async function request(files?: string[]): Promise<string> {
  const { id } = await store.versions.requestImport({
    tenantId: tenant,
    modelId: model,
    request: { source: 'files', precision: 'fp32', labels: ['a', 'b'] },
    files: files ?? [await upload(digest('c'))],
    notes: 'first',
    idempotency: null,
  });
  return id;
}
const claim = async () => (await store.versions.claimImport(worker))!;
const find = (id: string) => store.versions.find(tenant, model, { id });
async function finish(fence: ImportFence, seed: string) {
  expect(await store.versions.reserveContents(fence, manifest(seed))).toBe(true);
  return store.versions.finishImport(fence, REPORT);
}
const lapse = (id: string) =>
  database.query(`UPDATE versions SET lease_until = now() - interval '1 second' WHERE id = '${id}'`);
async function removable(): Promise<string[]> {
  const removed: string[] = [];
  await store.contents.removeUnreferenced(async (sha256) => void removed.push(sha256));
  return removed;
}

describe('an import', () => {
  it('goes from request to a ready version, shown at every step', async () => {
    const files = [await upload(digest('a'), 'b.json'), await upload(digest('b'), 'a.json')];
    const id = await request(files);
    expect(await find(id)).toMatchObject({
      model: 'm',
      number: 1,
      status: 'importing',
      percent: 0,
      notes: 'first',
      sourceFiles: files,
      manifest: null,
      readyAt: null,
    });
    const claimed = await claim();
    expect(claimed).toEqual({
      id,
      attempt: 1,
      request: { source: 'files', precision: 'fp32', labels: ['a', 'b'] },
      files: [
        { filename: 'b.json', sha256: digest('a'), bytes: 1 },
        { filename: 'a.json', sha256: digest('b'), bytes: 1 },
      ],
    });
    expect(await store.versions.claimImport(worker)).toBeNull();
    expect(await store.versions.keepImport(claimed, PROGRESS, 60_000)).toBe(true);
    expect(await find(id)).toMatchObject({ status: 'converting', percent: 40 });
    expect(await store.versions.importsEndedAmong([id])).toEqual([]);
    expect(await finish(claimed, '1')).toBe('ready');
    expect(await find(id)).toMatchObject({ status: 'ready', report: REPORT, manifest: manifest('1') });
    expect((await find(id))!.readyAt).toBeInstanceOf(Date);
    expect(await store.versions.importsEndedAmong([id])).toEqual([id]);
    expect(await store.models.resolve(tenant, 'm')).toMatchObject({ id, alias: 'production' });
  });

  it('is claimed by one of many workers', async () => {
    const id = await request();
    const claims = await Promise.all(Array.from({ length: 8 }, () => store.versions.claimImport(worker)));
    expect(claims.filter((claimed) => claimed !== null).map((claimed) => claimed.id)).toEqual([id]);
  });

  it('takes no jobs before it is ready', async () => {
    const id = await request();
    await expect(store.models.resolve(tenant, 'm@1')).rejects.toMatchObject({ code: 'version-not-ready' });
    await expect(store.models.resolve(tenant, 'm')).rejects.toMatchObject({ code: 'no-default-version' });
    expect((await store.models.listServable()).map((version) => version.id)).not.toContain(id);
  });

  it('whose worker falls silent is taken up again, and the silent worker can change nothing', async () => {
    await request();
    const first = await claim();
    await lapse(first.id);
    const second = await claim();
    expect(second).toMatchObject({ id: first.id, attempt: 2 });
    expect(await store.versions.keepImport(first, PROGRESS, 60_000)).toBe(false);
    expect(await store.versions.reserveContents(first, manifest('1'))).toBe(false);
    expect(await store.versions.finishImport(first, REPORT)).toBe('stale');
    expect(await store.versions.failImport(first, { code: 'internal', message: '' })).toBe(false);
    expect(await finish(second, '1')).toBe('ready');
  });

  it('that ends with its worker too often fails', async () => {
    const id = await request();
    for (let attempt = 1; attempt <= MAX_IMPORT_ATTEMPTS; attempt++) {
      expect(await store.versions.failLostImports()).toEqual([]);
      const claimed = await claim();
      expect(claimed.attempt).toBe(attempt);
      await store.versions.reserveContents(claimed, manifest('5'));
      if (attempt % 2 === 0) await lapse(id);
      else await store.versions.giveImportBack(claimed, 'crashed');
    }
    expect(await store.versions.claimImport(worker)).toBeNull();
    expect(await store.versions.failLostImports()).toEqual([id]);
    expect(await find(id)).toMatchObject({
      status: 'failed',
      error: { code: 'worker-crashed' },
      manifest: null,
    });
    expect(await removable()).toEqual([digest('5')]);
  });

  it('given back by a drain costs no attempt', async () => {
    await request();
    for (let i = 1; i <= MAX_IMPORT_ATTEMPTS + 1; i++) {
      const claimed = await claim();
      expect(claimed.attempt).toBe(i);
      await store.versions.giveImportBack(claimed, 'drained');
    }
    expect(await store.versions.failLostImports()).toEqual([]);
  });

  it('that fails says why, keeps no contents, and frees its files', async () => {
    const files = [await upload(digest('d'))];
    const id = await request(files);
    const claimed = await claim();
    await store.versions.reserveContents(claimed, manifest('2'));
    await expect(store.files.remove(tenant, files[0]!)).rejects.toMatchObject({ code: 'in-use' });
    const error = { code: 'missing-tensors', message: 'x is missing' } as const;
    expect(await store.versions.failImport(claimed, error)).toBe(true);
    expect(await find(id)).toMatchObject({ status: 'failed', error, manifest: null });
    expect(await removable()).toEqual([digest('2')]);
    expect(await store.files.remove(tenant, files[0]!)).toBe(true);
    expect(await removable()).toEqual([digest('d')]);
  });

  it('of what the model has already names that version', async () => {
    await request();
    const first = await claim();
    await finish(first, '3');
    await request();
    const second = await claim();
    expect(await finish(second, '3')).toEqual({ duplicateOf: { id: first.id, number: 1 } });
  });

  it('is canceled by deleting it', async () => {
    const id = await request();
    const claimed = await claim();
    expect(await store.versions.remove(tenant, id)).toEqual({ canceled: true });
    expect(await find(id)).toBeNull();
    expect(await store.versions.keepImport(claimed, PROGRESS, 60_000)).toBe(false);
  });

  it('is requested once under one idempotency key', async () => {
    const file = await upload(digest('e'));
    const idempotency = { key: 'k', requestHash: Buffer.from('1') };
    const input = {
      tenantId: tenant,
      modelId: model,
      request: { source: 'archive', precision: 'fp32' },
      files: [file],
      notes: '',
      idempotency,
    } as const;
    const send = () => store.versions.requestImport({ ...input, files: [...input.files] });
    const answers = await Promise.all(Array.from({ length: 8 }, send));
    expect(new Set(answers.map((answer) => answer.id)).size).toBe(1);
    expect(answers.filter((answer) => answer.created)).toHaveLength(1);
    await expect(
      store.versions.requestImport({
        ...input,
        files: [file],
        idempotency: { key: 'k', requestHash: Buffer.from('2') },
      }),
    ).rejects.toMatchObject({ code: 'idempotency-key-reused' });
  });

  it('needs a model and files of the same tenant', async () => {
    const stranger = (await store.tenants.ensure(`s-${newUuid().slice(-12)}`, 'Stranger')).id;
    const base = { request: { source: 'files', precision: 'fp32' }, notes: '', idempotency: null } as const;
    const own = await upload(digest('f'));
    const ask = (tenantId: string, files: string[]) =>
      store.versions.requestImport({ ...base, tenantId, modelId: model, files });
    await expect(ask(stranger, [own])).rejects.toMatchObject({ code: 'not-found' });
    await expect(ask(tenant, [newUuid()])).rejects.toMatchObject({ code: 'not-found' });
  });
});

describe('a ready version', () => {
  async function ready(seed = '1'): Promise<string> {
    await request();
    const claimed = await claim();
    expect(await finish(claimed, seed)).toBe('ready');
    return claimed.id;
  }
  const submit = (versionId: string) =>
    store.jobs.submit({
      id: newUuid(),
      tenantId: tenant,
      versionId,
      alias: null,
      task: 'text-classification',
      parameters: {},
      inputs: ['x'],
      metadata: {},
      priority: 1,
      deadlineS: 600,
      cost: 1,
      idempotency: null,
    });

  it('cannot be changed by any statement', async () => {
    const id = await ready();
    for (const change of ["manifest = '{}'", "sha256 = 'x'", 'number = 9', "status = 'failed'"]) {
      await expect(database.query(`UPDATE versions SET ${change} WHERE id = '${id}'`)).rejects.toThrow(
        /ready and cannot be changed/,
      );
    }
  });

  it('is archived and brought back; archived, it is served while it has jobs', async () => {
    const id = await ready();
    const job = await submit(id);
    await store.versions.change(tenant, id, { archived: true, notes: 'old' });
    expect(await find(id)).toMatchObject({ status: 'archived', notes: 'old' });
    expect(await store.models.resolve(tenant, 'm')).toMatchObject({ status: 'archived' });
    const servable = async () => (await store.models.listServable()).map((version) => version.id);
    expect(await servable()).toContain(id);
    await store.jobs.cancel(tenant, job.id);
    expect(await servable()).not.toContain(id);
    await store.versions.change(tenant, id, { archived: false });
    expect(await find(id)).toMatchObject({ status: 'ready', notes: 'old' });
  });

  it('stays loaded when it is warm: workers hear of it first', async () => {
    const first = await ready('5');
    const second = await ready('6');
    expect(await find(second)).toMatchObject({ warm: false });
    await store.versions.change(tenant, second, { warm: true });
    expect(await find(second)).toMatchObject({ status: 'ready', warm: true });
    const servable = (await store.models.listServable()).filter(({ id }) => id === first || id === second);
    expect(servable.map(({ id, warm }) => [id, warm])).toEqual([
      [second, true],
      [first, false],
    ]);
    await store.versions.change(tenant, second, { notes: 'x' });
    expect(await find(second)).toMatchObject({ notes: 'x', warm: true });
    await store.versions.change(tenant, second, { warm: false });
    expect(await find(second)).toMatchObject({ warm: false });
  });

  it('takes shorter inputs from the next claim on when it is limited', async () => {
    const id = await ready('d');
    const claimed = async () => {
      const { id: job } = await submit(id);
      const entries: { id: string; epoch: number }[] = [];
      await store.jobs.dispatch(id, 10, async (chosen) => void entries.push(...chosen));
      const jobs = await store.jobs.claim(entries, worker);
      return jobs.find((one) => one.id === job)!.maxTokens;
    };
    expect(await claimed()).toBeNull();
    await store.versions.change(tenant, id, { maxTokens: 64 });
    expect(await claimed()).toBe(64);
    const resolved = await store.models.resolve(tenant, toPublicId('version', id));
    expect(resolved.manifest.maxTokens).toBe(64);
    await store.versions.change(tenant, id, { maxTokens: 512 });
    expect([await claimed(), (await find(id))!.maxTokens]).toEqual([null, null]);
    await expect(store.versions.change(tenant, id, { maxTokens: 513 })).rejects.toMatchObject({
      code: 'validation',
    });
  });

  it('is deleted when nothing needs it; jobs go on naming it, and its number is not given again', async () => {
    const id = await ready('7');
    await expect(store.versions.remove(tenant, id)).rejects.toMatchObject({ code: 'in-use' });
    await store.aliases.remove(tenant, model, 'production', null);
    const job = await submit(id);
    await expect(store.versions.remove(tenant, id)).rejects.toMatchObject({ code: 'in-use' });
    await store.jobs.cancel(tenant, job.id);
    expect(await store.versions.remove(tenant, id)).toEqual({ canceled: false });
    expect(await removable()).toEqual([digest('7')]);
    expect(await find(id)).toBeNull();
    await expect(store.models.resolve(tenant, 'm@1')).rejects.toMatchObject({ code: 'not-found' });
    await expect(submit(id)).rejects.toMatchObject({ code: 'not-found' });
    const kept = await store.jobs.find(tenant, job.id, { inputs: false, results: false });
    expect(kept).toMatchObject({ model: 'm', versionNumber: 1 });
    const next = await request();
    expect((await find(next))!.number).toBe(2);
  });

  it('shares contents with others, which are kept as long as one needs them', async () => {
    const shared = await upload(digest('8'));
    const id = await ready('8');
    await store.aliases.remove(tenant, model, 'production', null);
    await store.versions.remove(tenant, id);
    expect(await removable()).toEqual([]);
    await store.files.remove(tenant, shared);
    expect(await removable()).toEqual([digest('8')]);
  });

  it('is nobody else’s to change', async () => {
    const id = await ready();
    const stranger = (await store.tenants.ensure(`s-${newUuid().slice(-12)}`, 'Stranger')).id;
    expect(await store.versions.find(stranger, model, { id })).toBeNull();
    const page = { before: null, limit: 9, maxBytes: 1_000 };
    expect(await store.versions.list(stranger, model, {}, page)).toEqual({ rows: [], more: false });
    expect(await store.versions.change(stranger, id, { archived: true })).toBe(false);
    expect(await store.versions.remove(stranger, id)).toBeNull();
    expect(await store.models.remove(stranger, model)).toBeNull();
  });

  it('is deleted with its model, whose name is free again', async () => {
    const id = await ready('9');
    await expect(store.models.remove(tenant, model)).rejects.toMatchObject({ code: 'in-use' });
    await store.aliases.remove(tenant, model, 'production', null);
    const importing = await request();
    await expect(store.models.remove(tenant, model)).rejects.toMatchObject({ code: 'in-use' });
    await store.versions.remove(tenant, importing);
    expect(await store.models.remove(tenant, model)).toEqual([id]);
    expect(await store.models.list(tenant, { name: 'm' })).toEqual([]);
    const again = await store.models.create({
      tenantId: tenant,
      name: 'm',
      description: '',
      idempotency: null,
    });
    expect([again.created, again.id === model]).toEqual([true, false]);
    expect(await removable()).toEqual([digest('9')]);
  });
});

describe('aliases', () => {
  it('move only to ready versions, and only from where the writer says', async () => {
    await request();
    await finish(await claim(), '1');
    await request();
    const put = (number: number, expected: Parameters<Store['aliases']['put']>[4] = null) =>
      store.aliases.put(tenant, model, 'production', { version: { number } }, expected);
    await expect(put(2)).rejects.toMatchObject({ code: 'version-not-ready' });
    await expect(put(3)).rejects.toMatchObject({ code: 'not-found' });
    await finish(await claim(), '2');
    const [before] = await store.aliases.list(tenant, model);
    await expect(put(2, { revisions: ['x'] })).rejects.toMatchObject({ code: 'precondition-failed' });
    await put(2, { revisions: ['x', before!.revision] });
    await expect(put(1, { revisions: [before!.revision] })).rejects.toMatchObject({
      code: 'precondition-failed',
    });
    expect(await store.aliases.list(tenant, model)).toMatchObject([{ name: 'production', versionNumber: 2 }]);
    await expect(
      store.aliases.put(tenant, model, 'new', { version: { number: 1 } }, 'any'),
    ).rejects.toMatchObject({
      code: 'precondition-failed',
    });
    expect(await store.aliases.remove(tenant, model, 'production', null)).toBe(true);
    expect(await store.aliases.remove(tenant, model, 'production', null)).toBe(false);
  });
});

it('the schema goes back with unfinished, failed and deleted versions in it', async () => {
  const own = await createTestDatabase();
  const options = { url: own.url, applicationName: 'spec', onPoolError: () => undefined };
  await migrate(options);
  const target = await openStore(options);
  const owner = (await target.tenants.ensure('acme', 'Acme')).id;
  for (const name of ['kept', 'gone', 'gone-too']) {
    await target.models.addVersion({ tenantId: owner, name, description: '', manifest: manifest(name[0]!) });
  }
  for (const { id } of (await target.models.list(owner)).filter((entry) => entry.name !== 'kept')) {
    await target.aliases.remove(owner, id, 'production', null);
    await target.models.remove(owner, id);
    await target.models.create({
      tenantId: owner,
      name: `x${id.slice(-4)}`,
      description: '',
      idempotency: null,
    });
  }
  await own.query(
    `INSERT INTO versions (id, model_id, number, status) SELECT gen_random_uuid(), id, 9, 'failed' FROM models`,
  );
  await target.close();
  const reverted = async () =>
    (await pendingMigrations(options)).some((name) => name.startsWith('import-versions'));
  while (!(await reverted())) await revertNewest(options);
  const versions = await own.query<{ status: string }>('SELECT status FROM versions ORDER BY status');
  expect(versions.map((version) => version.status)).toEqual(['archived', 'archived', 'ready']);
  expect((await migrate(options))[0]).toMatch(/^import-versions/);
  await own.drop();
});
