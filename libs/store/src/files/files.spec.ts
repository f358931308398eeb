import { newUuid } from '@heddle/contracts';
import { createMigratedDatabase, type TestDatabase, waitFor } from '@heddle/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openStore, type Store } from '../store.js';
import type { NewFile } from './file.entity.js';

let database: TestDatabase;
let store: Store;
let tenant: string;

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
});

const newFile = (overrides: Partial<NewFile> = {}): NewFile => ({
  tenantId: tenant,
  purpose: 'model',
  filename: 'model.safetensors',
  bytes: 6_000_000_000,
  sha256: 'a'.repeat(64),
  expiresInS: null,
  idempotency: null,
  ...overrides,
});
async function stored(overrides: Partial<NewFile> = {}): Promise<string> {
  const { id } = await store.files.reserve(newFile(overrides));
  await store.files.markStored(tenant, id);
  return id;
}
const visible = async () =>
  (await store.files.list(tenant, {}, { before: null, limit: 100 })).map((file) => file.id);
const noted = async () => (await database.query('SELECT 1 FROM content_removals')).length;
async function removed(): Promise<string[]> {
  const digests: string[] = [];
  await store.contents.removeUnreferenced(async (sha256) => void digests.push(sha256));
  return digests;
}

describe('files', () => {
  it('are seen when their bytes are in the store, by their tenant alone', async () => {
    const { id } = await store.files.reserve(newFile());
    expect(await visible()).toEqual([]);
    await store.files.markStored(tenant, id);
    expect(await store.files.findMany(tenant, [id, newUuid()])).toMatchObject([
      { id, purpose: 'model', filename: 'model.safetensors', bytes: 6_000_000_000, expiresAt: null },
    ]);
    const stranger = (await store.tenants.ensure(`s-${newUuid().slice(-12)}`, 'Stranger')).id;
    expect(await store.files.findMany(stranger, [id])).toEqual([]);
    expect(await store.files.remove(stranger, id)).toBe(false);
    expect(await visible()).toEqual([id]);
  });

  it('are listed newest first, page by page', async () => {
    const ids = [await stored(), await stored(), await stored()].reverse();
    const first = await store.files.list(tenant, { purposes: ['model'] }, { before: null, limit: 2 });
    expect(first.map((file) => file.id)).toEqual(ids.slice(0, 2));
    const second = await store.files.list(tenant, {}, { before: ids[1]!, limit: 2 });
    expect(second.map((file) => file.id)).toEqual(ids.slice(2));
    expect(await store.files.list(tenant, { purposes: ['batch'] }, { before: null, limit: 2 })).toEqual([]);
  });

  it('are made once under one idempotency key', async () => {
    const idempotency = { key: 'k', requestHash: Buffer.from('1') };
    const first = await store.files.reserve(newFile({ idempotency }));
    await expect(store.files.reserve(newFile({ idempotency }))).rejects.toMatchObject({
      code: 'idempotency-in-progress',
    });
    await store.files.markStored(tenant, first.id);
    expect(await store.files.reserve(newFile({ idempotency }))).toEqual({ id: first.id, created: false });
    const other = { key: 'k', requestHash: Buffer.from('2') };
    await expect(store.files.reserve(newFile({ idempotency: other }))).rejects.toMatchObject({
      code: 'idempotency-key-reused',
    });
  });

  it('are refused beyond a quota of files or of bytes, also when they come at once', async () => {
    const quota = { files: 3, bytes: 1_000 };
    const reserve = (bytes: number, extra: Partial<NewFile> = {}) =>
      store.files.reserve(
        newFile({ bytes, quota, sha256: newUuid().replaceAll('-', '').repeat(2), ...extra }),
      );
    const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => reserve(100)));
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(refused).toHaveLength(5);
    expect(refused[0]!.reason).toMatchObject({ code: 'quota-exceeded', headers: { 'Retry-After': '60' } });
    const rows = await database.query<{ id: string }>(`SELECT id FROM files WHERE tenant_id = '${tenant}'`);
    expect(rows).toHaveLength(3);

    await store.files.discard(tenant, rows[0]!.id);
    await expect(reserve(801)).rejects.toMatchObject({ code: 'quota-exceeded' });
    const room = (key: string | null = null) => store.files.room(tenant, quota, key);
    expect(await room()).toBe(800);
    const idempotency = { key: 'k', requestHash: Buffer.from('1') };
    const { id } = await reserve(800, { idempotency });
    await store.files.markStored(tenant, id);
    // What is there already takes no more room, and what has expired takes none.
    expect(await reserve(800, { idempotency })).toEqual({ id, created: false });
    for (const key of [null, 'another'])
      await expect(room(key)).rejects.toMatchObject({ code: 'quota-exceeded' });
    expect(await room('k')).toBe(800);
    await database.query(`UPDATE files SET expires_at = now() - interval '1 s' WHERE id = '${id}'`);
    await reserve(800);
    // Other tenants have quotas of their own; files without a quota are not refused.
    const other = (await store.tenants.ensure(`o-${newUuid().slice(-12)}`, 'Other')).id;
    await store.files.reserve(newFile({ tenantId: other, bytes: 1_000, quota }));
    await store.files.reserve(newFile({ bytes: 6_000_000_000 }));
    expect(await store.files.sweep()).toBe(1);
  });

  it('that expired or were never stored are swept', async () => {
    await removed();
    const sha256 = (seed: string) => seed.repeat(64);
    const kept = await stored({ expiresInS: 60, sha256: sha256('1') });
    const expired = await stored({ expiresInS: 60, sha256: sha256('2') });
    const died = await store.files.reserve(newFile({ sha256: sha256('3') }));
    const fresh = await store.files.reserve(newFile({ sha256: sha256('4') }));
    await database.query(`UPDATE files SET expires_at = now() - interval '1 s' WHERE id = '${expired}'`);
    expect(await visible()).toEqual([kept]);
    await database.query(`UPDATE files SET created_at = now() - interval '1 day' WHERE id = '${died.id}'`);
    expect(await store.files.sweep()).toBe(2);
    expect((await removed()).sort()).toEqual([sha256('2'), sha256('3')]);
    await store.files.discard(tenant, fresh.id);
    expect(await removed()).toEqual([sha256('4')]);
  });
});

describe('contents', () => {
  it('that are named again while they are removed come back whole', async () => {
    const sha256 = 'f'.repeat(64);
    await store.files.remove(tenant, await stored({ sha256 }));
    const contents = new Set([sha256]);
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const removing = store.contents.removeUnreferenced(async () => {
      await held;
      contents.delete(sha256);
    });
    await new Promise((resolve) => setTimeout(resolve, 100));
    // Waits for the removal, so that its put comes after it.
    const naming = store.files.reserve(newFile({ sha256 })).then(() => contents.add(sha256));
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(contents.has(sha256)).toBe(true);
    release();
    await Promise.all([removing, naming]);
    expect(contents.has(sha256)).toBe(true);
    expect(await removed()).toEqual([]);
  });

  it('that somebody else removes hold nobody up, and are removed once', async () => {
    const [slow, other] = ['a0'.repeat(32), 'b0'.repeat(32)];
    await store.files.remove(tenant, await stored({ sha256: slow }));
    await store.files.remove(tenant, await stored({ sha256: other }));
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const first: string[] = [];
    const begun = new Promise<void>((resolve) => {
      void removing();
      async function removing() {
        await store.contents.removeUnreferenced(async (sha256) => {
          first.push(sha256);
          resolve();
          await held;
        });
      }
    });
    await begun;
    expect(first).toEqual([slow]);
    expect(await removed()).toEqual([other]);
    release();
    await waitFor(async () => (await noted()) === 0);
    expect(first).toEqual([slow]);
  });

  it('are removed as long as the caller goes on', async () => {
    for (const sha256 of ['c0'.repeat(32), 'd0'.repeat(32)])
      await store.files.remove(tenant, await stored({ sha256 }));
    const some: string[] = [];
    const goesOn = () => some.length === 0;
    await store.contents.removeUnreferenced(async (sha256) => void some.push(sha256), goesOn);
    expect([some.length, await noted()]).toEqual([1, 1]);
    expect(await removed()).toHaveLength(1);
  });

  it('whose removal fails are removed the next time', async () => {
    const sha256 = 'e'.repeat(64);
    await store.files.remove(tenant, await stored({ sha256 }));
    await expect(
      store.contents.removeUnreferenced(() => Promise.reject(new Error('disk gone'))),
    ).rejects.toThrow('disk gone');
    expect(await removed()).toEqual([sha256]);
  });
});
