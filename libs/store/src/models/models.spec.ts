import { newUuid, toPublicId } from '@heddle/contracts';
import { createMigratedDatabase, type TestDatabase, testManifest } from '@heddle/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openStore, type Store } from '../store.js';
import { LIBRARY_TENANT } from '../tenants/tenant.entity.js';

let database: TestDatabase;
let store: Store;
let library: string;
let tenant: string;

beforeAll(async () => {
  database = await createMigratedDatabase();
  const options = { url: database.url, applicationName: 'spec', onPoolError: () => undefined };
  store = await openStore(options);
  library = (await store.tenants.ensure(LIBRARY_TENANT, 'Library')).id;
});
afterAll(async () => {
  await store.close();
  await database.drop();
});
beforeEach(async () => {
  tenant = (await store.tenants.ensure(`t-${newUuid().slice(-12)}`, 'Test')).id;
});

const manifest = (seed: string) =>
  testManifest({ source: { sha256: seed.repeat(64).slice(0, 64), compiler: 'test' } });
const add = (tenantId: string, name: string, seed: string) =>
  store.models.addVersion({ tenantId, name, description: '', manifest: manifest(seed) });

describe('versions', () => {
  it('are numbered, immutable and added once', async () => {
    const first = await add(tenant, 'm', 'a');
    expect(first).toMatchObject({ number: 1, created: true });
    expect(await add(tenant, 'm', 'a')).toEqual({ ...first, created: false });
    expect(await add(tenant, 'm', 'b')).toMatchObject({ number: 2, created: true });
    expect(await store.models.hasSource(tenant, 'm', manifest('a').source)).toBe(true);
    expect(await store.models.hasSource(tenant, 'm', manifest('c').source)).toBe(false);
  });

  it('get distinct numbers when added at once', async () => {
    const added = await Promise.all(['a', 'b', 'c', 'd'].map((seed) => add(tenant, 'busy', seed)));
    expect(added.map((version) => version.number).sort()).toEqual([1, 2, 3, 4]);
  });
});

describe('references', () => {
  it('resolve by name, alias, number and id', async () => {
    const first = await add(tenant, 'm', 'a');
    const second = await add(tenant, 'm', 'b');
    expect(await store.models.resolve(tenant, 'm')).toMatchObject({
      id: first.id,
      alias: 'production',
      number: 1,
    });
    expect(await store.models.resolve(tenant, 'm@production')).toMatchObject({ id: first.id });
    expect(await store.models.resolve(tenant, 'm@2')).toMatchObject({ id: second.id, alias: null });
    expect(await store.models.resolve(tenant, toPublicId('version', second.id))).toMatchObject({
      id: second.id,
    });
    expect((await store.models.resolve(tenant, 'm')).manifest.labels).toEqual(['negative', 'positive']);
  });

  it.each(['nothing', 'm@9', 'm@staging', 'M', 'm@', 'm@a@b', 'ver_0', "m' OR 1=1", ''])(
    'to nothing are not found: %j',
    async (reference) => {
      await add(tenant, 'm', 'a');
      await expect(store.models.resolve(tenant, reference)).rejects.toMatchObject({ code: 'not-found' });
    },
  );

  it('see the library, prefer own models, and never see a stranger’s', async () => {
    const shared = await add(library, `shared-${tenant.slice(-6)}`, 'a');
    const name = `shared-${tenant.slice(-6)}`;
    expect(await store.models.resolve(tenant, name)).toMatchObject({ id: shared.id });
    const own = await add(tenant, name, 'b');
    expect(await store.models.resolve(tenant, name)).toMatchObject({ id: own.id });

    const stranger = (await store.tenants.ensure(`s-${newUuid().slice(-12)}`, 'Stranger')).id;
    expect(await store.models.resolve(stranger, name)).toMatchObject({ id: shared.id });
    await expect(store.models.resolve(stranger, toPublicId('version', own.id))).rejects.toMatchObject({
      code: 'not-found',
    });
  });
});

it('lists models with owner, aliases and tasks', async () => {
  const version = await add(tenant, 'listed', 'a');
  const models = await store.models.list(tenant, { name: 'listed' });
  expect(models).toMatchObject([
    { name: 'listed', latestVersion: 1, aliases: { production: version.id }, tasks: ['text-classification'] },
  ]);
  expect(await store.models.list(tenant, { name: 'listed', task: 'token-classification' })).toEqual([]);
  expect((await store.models.listServable()).map((entry) => entry.id)).toContain(version.id);
});
