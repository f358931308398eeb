import { newUuid } from '@heddle/contracts';
import { createMigratedDatabase, type TestDatabase, testManifest, waitFor } from '@heddle/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openStore, type Store } from '../store.js';

let database: TestDatabase;
let store: Store;
let tenantId: string;
let versionId: string;
beforeAll(async () => {
  database = await createMigratedDatabase();
  const options = { url: database.url, applicationName: 'spec', onPoolError: () => undefined };
  store = await openStore(options);
  tenantId = (await store.tenants.ensure('acme', 'Acme')).id;
  const model = { tenantId, name: 'm', description: '', manifest: testManifest() };
  versionId = (await store.models.addVersion(model)).id;
});
afterAll(async () => {
  await store.close();
  await database.drop();
});

/** A file of a batch that has expired, by the sweep's clock. */
async function file(expiresInS: number): Promise<string> {
  const { id } = await store.files.reserve({
    tenantId,
    purpose: 'batch',
    filename: 'x',
    bytes: 1,
    sha256: newUuid().replaceAll('-', '').repeat(2),
    expiresInS: 60,
    idempotency: null,
  });
  await store.files.markStored(tenantId, id);
  await database.query(`UPDATE files SET expires_at = now() + interval '${expiresInS} s' WHERE id = '${id}'`);
  return id;
}

it('a file that a batch has come to need while the sweep looked for what is due stays', async () => {
  // The sweep takes its time with each file that it looks at, as where there are many: a batch can come meanwhile.
  await database.query('ALTER TABLE versions RENAME TO all_versions');
  await database.query(
    'CREATE VIEW versions AS SELECT v.* FROM all_versions v, LATERAL (SELECT pg_sleep(0.5 + 0 * v.number)) AS slept OFFSET 0',
  );
  const gone = await file(-2);
  const needed = await file(-1);
  const sweeping = store.files.sweep();
  await waitFor(
    async () =>
      (await database.query(`SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'`)).length > 0,
  );
  // As one that was made in the last moment of the file, and is committed only now.
  await database.query(
    `INSERT INTO batches (id, tenant_id, file_id, sha256, bytes, version_id, task, parameters, priority, invalid_lines, metadata, deadline, history)
     SELECT '${newUuid()}', '${tenantId}', id, sha256, bytes, '${versionId}', 'embed', '{}', 2, 'skip', '{}', now() + interval '1 h', '[]'
       FROM files WHERE id = '${needed}'`,
  );
  expect(await sweeping).toBe(1);
  expect(await database.query<{ id: string }>('SELECT id FROM files')).toEqual([{ id: needed }]);
  expect(gone).not.toBe(needed);
});
