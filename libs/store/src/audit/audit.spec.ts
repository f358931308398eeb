import { newUuid, toPublicId } from '@heddle/contracts';
import { createMigratedDatabase, type TestDatabase, testManifest } from '@heddle/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openStore, type Store } from '../store.js';

let database: TestDatabase;
let store: Store;
let tenantId: string;
beforeAll(async () => {
  database = await createMigratedDatabase();
  const options = { url: database.url, applicationName: 'spec', onPoolError: () => undefined };
  store = await openStore(options);
  tenantId = (await store.tenants.ensure('acme', 'Acme')).id;
});
afterAll(async () => {
  await store.close();
  await database.drop();
});

const newest = { before: null, limit: 100 };
const summary = async (filter: { object?: string } = {}) =>
  (await store.audit.list(tenantId, filter, newest)).map(
    ({ action, actorName }) => `${action} by ${actorName}`,
  );

it('tells what commands on this machine did, once', async () => {
  await store.tenants.ensure('acme', 'Acme');
  await store.keys.create(tenantId, 'admin', ['infer']);
  await store.keys.create(tenantId, 'admin', ['infer']);
  await store.keys.revoke(tenantId, 'admin');
  await store.keys.revoke(tenantId, 'admin');
  expect(await summary()).toEqual([
    'key.delete by local',
    'key.delete by local',
    'key.create by local',
    'key.create by local',
    'tenant.create by local',
  ]);
});

it('tells of an alias that an import has set', async () => {
  const name = 'imported';
  const { id: modelId } = await store.models.create({ tenantId, name, description: '', idempotency: null });
  const file = {
    tenantId,
    purpose: 'model',
    filename: 'config.json',
    bytes: 1,
    sha256: 'c'.repeat(64),
  } as const;
  const upload = await store.files.reserve({ ...file, expiresInS: null, idempotency: null });
  await store.files.markStored(tenantId, upload.id);
  const { id } = await store.versions.requestImport({
    tenantId,
    modelId,
    request: { source: 'files', precision: 'fp32' },
    files: [upload.id],
    notes: '',
    idempotency: null,
  });
  const claimed = (await store.versions.claimImport({ id: newUuid(), leaseMs: 60_000 }))!;
  await store.versions.reserveContents(claimed, testManifest());
  expect(await store.versions.finishImport(claimed, { files_read: [] } as never)).toBe('ready');
  const [entry] = await store.audit.list(tenantId, { object: 'imported@production' }, newest);
  expect(entry).toMatchObject({
    action: 'alias.set',
    actorName: 'import',
    actorKeyId: null,
    before: null,
    after: { version: toPublicId('version', id) },
  });
  // The same version again changes nothing.
  await store.aliases.put(tenantId, modelId, 'production', { version: { id } }, null);
  expect(await summary({ object: 'imported@production' })).toEqual(['alias.set by import']);
});
