import { newUuid, toPublicId } from '@heddle/contracts';
import { createMigratedDatabase, type TestDatabase, testManifest } from '@heddle/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openStore, type Store } from '../store.js';
import { LIBRARY_TENANT } from '../tenants/tenant.entity.js';
import type { AliasWish, Expected } from './alias.entity.js';
import { KEPT_CHANGES } from './history.js';

let database: TestDatabase;
let store: Store;
let tenant: string;
let model: string;
/** UUIDs of versions by number, from 1. */
let versions: string[];

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
  tenant = (await store.tenants.ensure(`t-${newUuid().slice(-12)}`, 'Test')).id;
  versions = [''];
  for (const seed of ['a', 'b', 'c']) versions.push(await add(tenant, seed));
  model = (await store.models.list(tenant, { name: 'm' }))[0]!.id;
});

async function add(tenantId: string, seed: string, tasks = testManifest().tasks): Promise<string> {
  const source = { sha256: seed.repeat(64), compiler: 'test' };
  const manifest = testManifest({ source, tasks });
  return (await store.models.addVersion({ tenantId, name: 'm', description: '', manifest })).id;
}
const put = (wish: AliasWish, expected: Expected = null, name = 'production') =>
  store.aliases.put(tenant, model, name, wish, expected);
const to = (number: number): AliasWish => ({ version: { number } });
const alias = async (name = 'production') => (await store.aliases.list(tenant, model, name))[0]!;
const history = (name = 'production') => store.aliases.history(tenant, model, name);
const target = (number: number, canary: [number, number] | null = null) => ({
  version: toPublicId('version', versions[number]!),
  canary: canary && {
    version: toPublicId('version', versions[canary[0]]!),
    percent: canary[1],
    rollback: null,
  },
  shadow: null,
});

describe('the history of an alias', () => {
  it('has who moved it, from where and to where, across its deletion', async () => {
    await put(to(2));
    await put(to(2));
    expect(await store.aliases.remove(tenant, model, 'production', null)).toBe(true);
    await put(to(3));
    const changes = await history();
    expect(changes.map(({ before, after }) => [before, after])).toEqual([
      [null, target(3)],
      [target(2), null],
      [target(1), target(2)],
      [null, target(1)],
    ]);
    const made = { refused: null, actorName: 'local', actorKeyId: null, evaluation: null, forced: false };
    for (const change of changes) expect(change).toMatchObject(made);
  });

  it('shows both tries of two writers of whom one wins', async () => {
    for (let round = 0; round < 10; round++) {
      const { revision, versionNumber } = await alias();
      const wanted = [1, 2, 3].filter((number) => number !== versionNumber);
      const tries = await Promise.allSettled(
        wanted.map((number) => put(to(number), { revisions: [revision] })),
      );
      expect(tries.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      const won = wanted[tries.findIndex(({ status }) => status === 'fulfilled')]!;
      const lost = wanted.find((number) => number !== won)!;
      expect((await history()).slice(0, 2)).toMatchObject([
        { refused: 'precondition-failed', before: target(won), after: target(lost) },
        { refused: null, before: target(versionNumber), after: target(won) },
      ]);
      expect((await alias()).versionNumber).toBe(won);
    }
  });

  it('keeps the last changes; refused tries push none of them out', async () => {
    for (let i = 0; i < KEPT_CHANGES + 3; i++) await put(to(1 + (i % 2)));
    const stale = { revisions: ['x'] };
    for (let i = 0; i < KEPT_CHANGES + 3; i++)
      await expect(put(to(3), stale)).rejects.toMatchObject({ code: 'precondition-failed' });
    await expect(store.aliases.remove(tenant, model, 'production', stale)).rejects.toMatchObject({
      code: 'precondition-failed',
    });
    const changes = await history();
    expect(changes.filter(({ refused }) => refused === null)).toHaveLength(KEPT_CHANGES);
    expect(changes.filter(({ refused }) => refused !== null)).toHaveLength(KEPT_CHANGES);
    expect(changes[0]).toMatchObject({ refused: 'precondition-failed', after: null });
  });

  it('is its tenant’s; that of the library is everybody’s to read', async () => {
    const library = (await store.tenants.ensure(LIBRARY_TENANT, 'Library')).id;
    await add(library, 'd');
    const shared = (await store.models.list(library, { name: 'm' }))[0]!.id;
    const stranger = (await store.tenants.ensure(`s-${newUuid().slice(-12)}`, 'Stranger')).id;
    expect(await store.aliases.history(stranger, model, 'production')).toEqual([]);
    expect(await store.aliases.history(stranger, shared, 'production')).toHaveLength(1);
  });
});

describe('a canary', () => {
  it('is shown, resolved, kept in the history, and taken away again', async () => {
    await put({ version: { number: 1 }, canary: { version: { number: 2 }, percent: 10 } });
    const first = await alias();
    expect(first).toMatchObject({ versionNumber: 1, canary: { versionNumber: 2, percent: 10 } });
    const { since } = first.canary!;
    await put({ version: { number: 1 }, canary: { version: { number: 2 }, percent: 20 } });
    const second = await alias();
    expect(second.canary).toMatchObject({ percent: 20, since });
    expect(second.revision).not.toBe(first.revision);
    expect(await store.models.resolve(tenant, 'm')).toMatchObject({
      id: versions[1],
      canary: { percent: 20, version: { id: versions[2], alias: 'production', number: 2 } },
    });
    // Whoever names a version gets that one.
    expect(await store.models.resolve(tenant, 'm@1')).toMatchObject({ canary: null });
    await put(to(1));
    expect((await alias()).canary).toBeNull();
    expect((await store.models.resolve(tenant, 'm')).canary).toBeNull();
    expect((await history()).slice(0, 3).map(({ before, after }) => [before, after])).toEqual([
      [target(1, [2, 20]), target(1)],
      [target(1, [2, 10]), target(1, [2, 20])],
      [target(1), target(1, [2, 10])],
    ]);
  });

  it('is another version than the alias’s, which is ready and answers all that that one does', async () => {
    const trial = (number: number) =>
      put({ version: { number: 1 }, canary: { version: { number }, percent: 5 } });
    await expect(trial(1)).rejects.toMatchObject({
      code: 'validation',
      errors: [{ pointer: '/canary/version' }],
    });
    await expect(trial(9)).rejects.toMatchObject({
      code: 'not-found',
      errors: [{ pointer: '/canary/version' }],
    });
    await add(tenant, 'e', ['zero-shot-classification']);
    await expect(trial(4)).rejects.toMatchObject({
      code: 'validation',
      errors: [
        {
          pointer: '/canary/version',
          message: 'does not answer text-classification, which version 1 does',
        },
      ],
    });
    await store.versions.change(tenant, versions[2]!, { archived: true });
    await expect(trial(2)).rejects.toMatchObject({ code: 'version-archived' });
  });

  it('that is archived answers nothing; in use it is not deleted', async () => {
    await put({ version: { number: 1 }, canary: { version: { number: 2 }, percent: 50 } });
    await store.versions.change(tenant, versions[2]!, { archived: true });
    expect(await store.models.resolve(tenant, 'm')).toMatchObject({ id: versions[1], canary: null });
    await expect(store.versions.remove(tenant, versions[2]!)).rejects.toMatchObject({
      code: 'in-use',
      message: 'The alias production points to it.',
    });
    await put(to(1));
    expect(await store.versions.remove(tenant, versions[2]!)).toEqual({ canceled: false });
  });
});
