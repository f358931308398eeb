import { newUuid } from '@heddle/contracts';
import { createTestDatabase, startTestPostgres, type TestDatabase, testManifest } from '@heddle/testing';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LOCAL } from '../audit/audit.entity.js';
import { openStore, type Store } from '../store.js';
import { LIBRARY_TENANT } from '../tenants/tenant.entity.js';
import { connect } from './database.js';
import { migrate, pendingMigrations, revertNewest } from './migrations.js';
import { TENANT_ROLE } from './tenancy.js';

/** Tables without policies, on which the role of tenants has no right whatever, each with what it is for. */
const SYSTEM_TABLES: Record<string, string> = {
  migrations: 'which migrations were applied',
  secrets: 'what the processes sign cursors and tokens with',
  workers: 'which workers live',
  dispatchers: 'which dispatchers live',
  stats_progress: 'up to when minutes are counted',
  pools: 'how many workers of each pool there should be',
  plans: 'how versions run best on a kind of machine: for workers',
  batch_jobs: 'which lines of a batch a job has: for dispatchers',
  batch_line_errors: 'lines of a batch that cannot run: for dispatchers',
  evaluation_jobs: 'which examples of an evaluation a job has: for dispatchers',
  content_removals: 'digests whose bytes may be removed: a content may be of several tenants',
};
const PERMISSION_DENIED = '42501';
const ALL = { inputs: true, results: true };

const optionsFor = (url: string, poolSize = 4) => ({
  url,
  poolSize,
  applicationName: 'spec',
  onPoolError: () => undefined,
});

let database: TestDatabase;
let store: Store;
let client: pg.Client;
let a: Filled;
let b: Filled;
let library: Filled;

beforeAll(async () => {
  database = await createTestDatabase();
  await migrate(optionsFor(database.url));
  store = await openStore(optionsFor(database.url));
  library = await fill(store, LIBRARY_TENANT);
  a = await fill(store, 'a-tenant');
  b = await fill(store, 'b-tenant');
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
  // As a dispatcher counts them, once the minute is over.
  while (await store.stats.count(new Date(Date.now() + 120_000)));
});
afterAll(async () => {
  await client.end();
  await store.close();
  await database.drop();
});

describe('tables', () => {
  it('have a forced policy, or are the system’s and closed to tenants', async () => {
    expect(await unprotected()).toEqual([]);
    await client.query('CREATE TABLE stray (tenant_id uuid)');
    expect(await unprotected()).toEqual(['stray']);
    await client.query(`ALTER TABLE stray ENABLE ROW LEVEL SECURITY`);
    expect(await unprotected()).toEqual(['stray']);
    await client.query(`DROP TABLE stray; GRANT SELECT (name) ON secrets TO ${TENANT_ROLE}`);
    expect(await unprotected()).toEqual(['secrets']);
    await client.query(`REVOKE ALL (name) ON secrets FROM ${TENANT_ROLE}`);
    expect(await unprotected()).toEqual([]);
  });

  it('hold rows of both tenants in this spec', async () => {
    for (const table of await protectedTables()) {
      for (const { id } of [a, b]) expect([table, await countOf(table, id)]).not.toEqual([table, 0]);
    }
  });

  it('show a tenant its own rows, and none of another', async () => {
    for (const table of await protectedTables()) {
      const seen = await asTenant(a.id, async () => [await countOf(table, a.id), await countOf(table, b.id)]);
      expect([table, seen[0]! > 0, seen[1]]).toEqual([table, true, 0]);
    }
  });

  it('show nothing where no tenant was said', async () => {
    for (const table of await protectedTables()) {
      const count = await asTenant(null, async () => {
        const { rows } = await client.query<{ count: number }>(`SELECT count(*)::int AS count FROM ${table}`);
        return rows[0]!.count;
      });
      expect([table, count]).toEqual([table, 0]);
    }
  });

  it('let a tenant neither change nor remove rows of another', async () => {
    for (const table of await protectedTables()) {
      const owner = ownerOf(table);
      for (const sql of [
        `UPDATE ${table} SET ${owner} = ${owner} WHERE ${owner} = $1`,
        `DELETE FROM ${table} WHERE ${owner} = $1`,
      ]) {
        expect([sql, await asTenant(a.id, () => attempt(sql, [b.id]))]).toEqual([sql, 'nothing']);
        // Without a tenant as well.
        expect([sql, await asTenant(null, () => attempt(sql, [b.id]))]).toEqual([sql, 'nothing']);
      }
    }
  });

  it('let a tenant neither make rows for another nor give it its own', async () => {
    for (const table of await protectedTables()) {
      const owner = ownerOf(table);
      const { rows } = await client.query(`SELECT to_json(t) AS row FROM ${table} t WHERE ${owner} = $1`, [
        b.id,
      ]);
      const insert = `INSERT INTO ${table} SELECT * FROM json_populate_record(NULL::${table}, $1)`;
      const made = await asTenant(a.id, () => attempt(insert, [JSON.stringify(rows[0]!.row)]));
      expect([insert, made]).toEqual([insert, 'nothing']);
      const before = await countOf(table, b.id);
      const after = await asTenant(a.id, async () => {
        await client.query('SAVEPOINT try');
        await client
          .query(`UPDATE ${table} SET ${owner} = $2 WHERE ${owner} = $1`, [a.id, b.id])
          .catch((error: { code: string }) => {
            expect(error.code).toBe(PERMISSION_DENIED);
            return client.query('ROLLBACK TO try');
          });
        await client.query('RESET ROLE');
        return countOf(table, b.id);
      });
      expect([table, after]).toEqual([table, before]);
    }
  });

  it('show every tenant the models of the library, which none can change', async () => {
    for (const table of ['models', 'versions', 'aliases']) {
      expect(await asTenant(a.id, () => countOf(table, library.id))).toBe(1);
      for (const sql of [
        `UPDATE ${table} SET tenant_id = tenant_id WHERE tenant_id = $1`,
        `UPDATE ${table} SET tenant_id = '${a.id}' WHERE tenant_id = $1`,
        `DELETE FROM ${table} WHERE tenant_id = $1`,
      ]) {
        expect([sql, await asTenant(a.id, () => attempt(sql, [library.id]))]).toEqual([sql, 'nothing']);
      }
    }
    for (const table of [
      'jobs',
      'files',
      'api_keys',
      'audit_entries',
      'job_inputs',
      'job_results',
      'webhook_secrets',
      'webhook_events',
    ]) {
      expect(await asTenant(a.id, () => countOf(table, library.id))).toBe(0);
    }
  });
});

describe('the role of tenants', () => {
  it('cannot log in, bypass policies, own anything or become another', async () => {
    const { rows } = await client.query(
      `SELECT rolsuper, rolbypassrls, rolcanlogin, rolcreaterole, rolcreatedb, rolreplication,
              EXISTS (SELECT FROM pg_auth_members WHERE member = r.oid) AS member,
              EXISTS (SELECT FROM pg_class WHERE relowner = r.oid) AS owner
         FROM pg_roles r WHERE rolname = '${TENANT_ROLE}'`,
    );
    expect(rows).toHaveLength(1);
    expect(Object.entries(rows[0]!).filter(([, value]) => value !== false)).toEqual([]);
  });

  it('meets no function that runs with other rights', async () => {
    const { rows } = await client.query(
      `SELECT proname FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace`,
    );
    expect(rows).toEqual([]);
  });
});

describe('access', () => {
  const WHO = `SELECT current_user::text AS "user", nullif(current_setting('heddle.tenant', true), '') AS tenant,
                      current_setting('plan_cache_mode') AS planning WHERE $1 = 1`;

  it('of a tenant is for one statement or transaction, whatever its end, on a connection that others use', async () => {
    const { access } = await connect(optionsFor(database.url, 1), []);
    const { user } = (await access.system.query<{ user: string }>(WHO, [1]))[0]!;
    const system = { user, tenant: null, planning: 'auto' };
    const own = { user: TENANT_ROLE, tenant: a.id, planning: 'auto' };
    const tenant = access.tenant(a.id);
    for (let i = 0; i < 3; i++) {
      expect(await tenant.query(WHO, [1])).toEqual([own]);
      expect(await access.system.query(WHO, [1])).toEqual([system]);
      expect(await tenant.query(WHO, [1], 'kept')).toEqual([{ ...own, planning: 'force_generic_plan' }]);
      expect(await access.system.query(WHO, [1], 'kept')).toEqual([system]);
      expect(await access.tenant(b.id).query(WHO, [1], 'kept')).toMatchObject([{ tenant: b.id }]);
      for (const planning of ['anew', 'kept'] as const) {
        await expect(tenant.query('SELECT 1 / $1::int AS x', [0], planning)).rejects.toMatchObject({
          code: '22012',
        });
        await expect(tenant.query('SELECT nonsense + $1', [0], planning)).rejects.toThrow('nonsense');
        expect(await access.system.query(WHO, [1], planning)).toEqual([system]);
      }
    }
    await tenant.transaction(async (query, asSystem) => {
      expect(await query(WHO, [1])).toEqual([own]);
      expect(await asSystem(WHO, [1])).toMatchObject([{ user }]);
      expect(await query(WHO, [1])).toEqual([own]);
    });
    expect(await access.system.query(WHO, [1])).toEqual([system]);
    await expect(tenant.transaction((_, asSystem) => asSystem('SELECT 1 / $1::int', [0]))).rejects.toThrow();
    expect(await access.system.query(WHO, [1])).toEqual([system]);
    await access.close();
  });

  it('of many tenants at once keeps their rows apart where a statement forgets to', async () => {
    const { access } = await connect(optionsFor(database.url, 2), []);
    const tenants = Array.from({ length: 40 }, (_, i) => (i % 2 ? a.id : b.id));
    for (const planning of ['anew', 'kept'] as const) {
      const seen = await Promise.all(
        tenants.map((id) =>
          access.tenant(id).query<{ tenant: string }>('SELECT tenant_id AS tenant FROM jobs', [], planning),
        ),
      );
      expect(seen.map((rows) => rows.map(({ tenant }) => tenant))).toEqual(tenants.map((id) => [id]));
    }
    await access.close();
  });

  it('of a tenant to what is not its own fails, where a statement says so', async () => {
    const { access } = await connect(optionsFor(database.url, 1), []);
    await expect(access.tenant(a.id).query('SELECT * FROM secrets')).rejects.toMatchObject({
      code: PERMISSION_DENIED,
    });
    await access.close();
  });
});

describe('jobs of the release before', () => {
  it('are their tenant’s alone after the migration, and what is written meanwhile', async () => {
    const old = await createTestDatabase();
    await migrate(optionsFor(old.url));
    const newer = await openStore(optionsFor(old.url));
    const own = await fill(newer, 'own');
    const other = await fill(newer, 'other');
    await newer.close();
    const isPending = async () =>
      (await pendingMigrations(optionsFor(old.url))).some((name) => name.startsWith('isolate-tenants'));
    while (!(await isPending())) await revertNewest(optionsFor(old.url));
    await migrate(optionsFor(old.url));
    // As a process does that knows nothing of tenants in versions and inputs.
    const versionId = newUuid();
    await old.query(
      `INSERT INTO versions (id, model_id, number, status) SELECT '${versionId}', model_id, 2, 'failed' FROM versions
         WHERE id = '${own.versionId}'`,
    );
    const { access } = await connect(optionsFor(old.url), []);
    const store = await openStore(optionsFor(old.url));
    const job = await store.jobs.find(own.id, own.jobId, ALL);
    expect(job).toMatchObject({ inputs: ['x'], results: [{ index: 0 }], model: 'm' });
    const versions = 'SELECT id FROM versions WHERE id = $1';
    expect(await access.tenant(own.id).query(versions, [versionId])).toHaveLength(1);
    expect(await access.tenant(other.id).query(versions, [versionId])).toHaveLength(0);
    for (const table of ['job_inputs', 'job_results']) {
      const ids = (
        await access.tenant(other.id).query<{ id: string }>(`SELECT job_id AS id FROM ${table}`)
      ).map(({ id }) => id);
      expect(ids).toEqual([other.jobId]);
    }
    expect(await store.jobs.purge(own.id, own.jobId)).toBe('purged');
    expect(await access.system.query('SELECT FROM job_inputs')).toHaveLength(1);
    await store.close();
    await access.close();
    await old.drop();
  });
});

describe('an account that is no superuser', () => {
  it('is told what it lacks, and serves when it has it', { timeout: 60_000 }, async () => {
    const server = await startTestPostgres();
    const admin = new pg.Client({ connectionString: server.url });
    await admin.connect();
    await admin.query(`CREATE ROLE plain LOGIN PASSWORD 'plain'`);
    await admin.query('CREATE DATABASE plain OWNER plain');
    const url = Object.assign(new URL(server.url), {
      username: 'plain',
      password: 'plain',
      pathname: '/plain',
    }).href;
    const wrong = (text: string) => ({ code: 'wrong-schema', message: expect.stringContaining(text) });

    await expect(migrate(optionsFor(url))).rejects.toMatchObject(
      wrong('may not create the role heddle_tenant'),
    );
    await admin.query(`CREATE ROLE ${TENANT_ROLE} NOLOGIN`);
    await expect(migrate(optionsFor(url))).rejects.toMatchObject(
      wrong('may not become the role heddle_tenant'),
    );
    await admin.query(`GRANT ${TENANT_ROLE} TO plain`);
    expect((await migrate(optionsFor(url))).length).toBeGreaterThan(0);
    const plain = await openStore(optionsFor(url));
    const own = await fill(plain, 'own');
    const other = await fill(plain, 'other');
    expect((await plain.jobs.find(own.id, own.jobId, ALL))?.results).toEqual([{ index: 0 }]);
    expect(await plain.jobs.find(own.id, other.jobId, ALL)).toBeNull();
    expect(await plain.jobs.endedAmong([own.jobId, other.jobId])).toHaveLength(2);
    const { access } = await connect(optionsFor(url), []);
    expect(await access.tenant(own.id).query('SELECT FROM jobs')).toHaveLength(1);
    expect(await access.system.query('SELECT FROM jobs')).toHaveLength(2);
    await access.close();
    await plain.close();

    await admin.query(`ALTER ROLE ${TENANT_ROLE} BYPASSRLS`);
    await expect(openStore(optionsFor(url))).rejects.toMatchObject(wrong('BYPASSRLS'));
    await admin.query(`ALTER ROLE ${TENANT_ROLE} NOBYPASSRLS`);
    await admin.query(`REVOKE ${TENANT_ROLE} FROM plain`);
    await expect(openStore(optionsFor(url))).rejects.toMatchObject(wrong('cannot become the role'));
    await admin.end();
    await server.stop();
  });

  it('makes the role where it may make roles, and takes it away with the last database', {
    timeout: 60_000,
  }, async () => {
    const server = await startTestPostgres();
    const admin = new pg.Client({ connectionString: server.url });
    await admin.connect();
    await admin.query(`CREATE ROLE maker LOGIN CREATEROLE PASSWORD 'maker'`);
    const urls = [];
    for (const name of ['one', 'two']) {
      await admin.query(`CREATE DATABASE ${name} OWNER maker`);
      const login = { username: 'maker', password: 'maker', pathname: `/${name}` };
      urls.push(Object.assign(new URL(server.url), login).href);
    }
    const roles = async () =>
      (await admin.query(`SELECT FROM pg_roles WHERE rolname = '${TENANT_ROLE}'`)).rowCount;
    for (const url of urls) await migrate(optionsFor(url));
    for (const url of urls) await (await openStore(optionsFor(url))).close();
    expect(await roles()).toBe(1);
    for (const [i, url] of urls.entries()) {
      const isApplied = async () =>
        !(await pendingMigrations(optionsFor(url))).some((name) => name.startsWith('isolate-tenants'));
      while (await isApplied()) await revertNewest(optionsFor(url));
      expect(await roles()).toBe(i === 0 ? 1 : 0);
    }
    await admin.end();
    await server.stop();
  });
});

interface Filled {
  id: string;
  versionId: string;
  jobId: string;
}

/** A tenant with a row in every table that has rows of tenants: its job has ended. */
async function fill(to: Store, slug: string): Promise<Filled> {
  const { id } = await to.tenants.ensure(slug, slug);
  const secret = await to.keys.create(id, 'key', ['infer']);
  await to.sessions.create(secret, newUuid(), { idleS: 600, maxS: 600 }, 'spec');
  const manifest = testManifest();
  const { id: versionId } = await to.models.addVersion({
    tenantId: id,
    name: 'm',
    description: '',
    manifest,
  });
  const file = { tenantId: id, purpose: 'model', filename: 'x', bytes: 1, sha256: newUuid() } as const;
  await to.files.reserve({ ...file, expiresInS: null, idempotency: null });
  const lines = { ...file, purpose: 'batch', expiresInS: null, idempotency: null } as const;
  const { id: fileId } = await to.files.reserve(lines);
  await to.files.markStored(id, fileId);
  await to.batches.create({
    tenantId: id,
    versionId,
    alias: null,
    task: 'text-classification',
    parameters: {},
    priority: 2,
    invalidLines: 'reject',
    windowS: 600,
    fileId,
    webhook: null,
    metadata: {},
    idempotency: null,
  });
  await evaluate(to, { tenantId: id, versionId });
  const hook = { url: 'https://example.com/', events: ['*'], description: '', maxInFlight: 8, secret: 'x' };
  await to.webhooks.create({ tenantId: id, ...hook, idempotency: null }, LOCAL);
  const jobId = newUuid();
  await to.jobs.submit({
    id: jobId,
    tenantId: id,
    versionId,
    alias: 'production',
    task: 'text-classification',
    parameters: {},
    inputs: ['x'],
    metadata: {},
    priority: 1,
    deadlineS: 600,
    cost: 1,
    idempotency: null,
    shadowVersionId: versionId,
  });
  let epoch = 0;
  await to.jobs.dispatch(versionId, 10, async (chosen) => {
    epoch = chosen[0]!.epoch;
    return chosen;
  });
  const workerId = newUuid();
  const [claimed] = await to.jobs.claim([{ id: jobId, epoch }], { id: workerId, leaseMs: 60_000 });
  const usage = { tokens: 3, padded_tokens: 3, truncated: 0 };
  const timing = { queue_ms: 1, tokenize_ms: 1, inference_ms: 1 };
  const ended = { succeeded: 1, failed: 0, usage, timing, error: null, results: '[{"index": 0}]' };
  await to.jobs.finish([{ id: jobId, attempt: claimed!.attempt, ...ended }], workerId);
  await to.shadows.dropLate(0);
  for (const sent of (await to.deliveries.claim({ free: 100, freeForMore: 100 }, 60_000))!) {
    const answer = {
      durationMs: 1,
      statusCode: 200,
      error: null,
      excerpt: null,
      retryInS: null,
      gone: false,
    };
    await to.deliveries.record({ ...sent, ...answer });
  }
  return { id, versionId, jobId };
}

/** An evaluation with an item. */
async function evaluate(to: Store, own: { tenantId: string; versionId: string }): Promise<void> {
  const file = { purpose: 'dataset', filename: 'x', bytes: 1, sha256: newUuid() } as const;
  const { id: fileId } = await to.files.reserve({ ...own, ...file, expiresInS: null, idempotency: null });
  await to.files.markStored(own.tenantId, fileId);
  await to.evaluations.create({
    ...own,
    alias: null,
    baselineVersionId: null,
    task: 'text-classification',
    parameters: {},
    options: { metrics: ['accuracy'], gates: [], seed: 0, resamples: 0 },
    priority: 2,
    invalidLines: 'reject',
    windowS: 600,
    fileId,
    metadata: {},
    idempotency: null,
  });
  const claimed = (await to.evaluations.claim(600_000))!;
  const found = {
    format: 'jsonl',
    items: 1,
    invalid: 0,
    skipped: 0,
    errors: [],
    errorCount: 0,
    parameters: {},
  };
  await to.evaluations.start(claimed, found);
  const item = { place: 0, line: 1, expected: 'positive', group: null, slice: null };
  await to.evaluations.addExamples(claimed, { items: [item], jobs: [], fed: 1 });
}

/** Every table, view and so on outside of the catalogue that is neither protected nor a closed one of the system. */
async function unprotected(): Promise<string[]> {
  const { rows } = await client.query<{ name: string; forced: boolean; open: boolean }>(
    `SELECT c.relname AS name, c.relrowsecurity AND c.relforcerowsecurity AS forced,
            has_table_privilege('${TENANT_ROLE}', c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')
            OR has_any_column_privilege('${TENANT_ROLE}', c.oid, 'SELECT, INSERT, UPDATE, REFERENCES') AS open
       FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
      ORDER BY c.relname`,
  );
  return rows
    .filter(({ name, forced, open }) => !forced && (open || !SYSTEM_TABLES[name]))
    .map(({ name }) => name);
}

async function protectedTables(): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT relname AS name FROM pg_class WHERE relforcerowsecurity AND relnamespace = 'public'::regnamespace ORDER BY 1`,
  );
  expect(rows.length).toBeGreaterThanOrEqual(10);
  return rows.map(({ name }) => name);
}

/** The column that says whose a row is. */
function ownerOf(table: string): string {
  return table === 'tenants' ? 'id' : 'tenant_id';
}

async function countOf(table: string, tenantId: string): Promise<number> {
  const sql = `SELECT count(*)::int AS count FROM ${table} WHERE ${ownerOf(table)} = $1`;
  return (await client.query<{ count: number }>(sql, [tenantId])).rows[0]!.count;
}

/** `work` in a transaction of the tenant (or of the role without one) that is taken back. */
async function asTenant<T>(tenantId: string | null, work: () => Promise<T>): Promise<T> {
  await client.query('BEGIN');
  try {
    await client.query(`SET LOCAL ROLE ${TENANT_ROLE}`);
    if (tenantId) await client.query(`SELECT set_config('heddle.tenant', $1, true)`, [tenantId]);
    return await work();
  } finally {
    await client.query('ROLLBACK');
  }
}

/** Rows that a statement changed; 'nothing' also where it is refused, whereupon the transaction is over. */
async function attempt(sql: string, parameters: unknown[]): Promise<number | 'nothing'> {
  try {
    return (await client.query(sql, parameters)).rowCount || 'nothing';
  } catch (error) {
    expect((error as { code: string }).code).toBe(PERMISSION_DENIED);
    return 'nothing';
  }
}
