import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { newUuid } from '@heddle/contracts';
import {
  openWorkQueue,
  type QueueConnection,
  type QueueConsumer,
  type QueueEntry,
  type WorkQueue,
} from '@heddle/queue';
import { LIBRARY_TENANT, migrate, openStore, type Store } from '@heddle/store';
import {
  createTestDatabase,
  freePort,
  messageOf,
  startRedis,
  type TestDatabase,
  type TestRedis,
  testBeat,
  testManifest,
  waitFor,
} from '@heddle/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newVersion } from './jobs.js';

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const worker = { id: newUuid(), leaseMs: 60_000 };
const ignore = () => undefined;

describe.each(['redis', 'postgres'] as const)('the dispatcher process, dispatch window in %s', (backend) => {
  let database: TestDatabase;
  let redis: TestRedis | undefined;
  let work: WorkQueue;
  let store: Store;
  let tenantId: string;
  let library: string;
  let versionId: string;
  let dispatchers: ChildProcess[] = [];
  let consumers: QueueConsumer[] = [];

  beforeAll(async () => {
    database = await createTestDatabase();
    redis = backend === 'redis' ? await startRedis() : undefined;
    const connection: QueueConnection = redis
      ? { kind: 'redis', url: redis.url }
      : { kind: 'postgres', url: database.url };
    const options = { url: database.url, applicationName: 'spec', onPoolError: ignore };
    await migrate(options);
    store = await openStore(options);
    tenantId = (await store.tenants.ensure('acme', 'Acme')).id;
    library = (await store.tenants.ensure(LIBRARY_TENANT, 'Library')).id;
    work = await openWorkQueue(connection);
  });
  afterAll(async () => {
    await work.close();
    await store.close();
    await redis?.stop();
    await database.drop();
  });
  beforeEach(async () => {
    const name = `m${newUuid().slice(-8)}`;
    const model = { tenantId: library, name, description: '', manifest: testManifest() };
    versionId = (await store.models.addVersion(model)).id;
  });
  afterEach(async () => {
    for (const dispatcher of dispatchers) await stop(dispatcher, 'SIGTERM');
    await Promise.all(consumers.map((consumer) => consumer.close()));
    dispatchers = [];
    consumers = [];
  });

  async function startDispatcher(env: Record<string, string> = {}): Promise<ChildProcess> {
    const child = fork(MAIN, {
      env: {
        PATH: process.env.PATH,
        HEDDLE_DATABASE_URL: database.url,
        HEDDLE_LOG_LEVEL: 'error',
        HEDDLE_RECONCILE_INTERVAL_MS: '500',
        ...(redis ? { HEDDLE_REDIS_URL: redis.url } : {}),
        ...env,
      },
    });
    dispatchers.push(child);
    await messageOf(child, 'ready');
    return child;
  }
  async function stop(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
  }
  async function consume(handler: (entry: QueueEntry) => Promise<void>): Promise<void> {
    const options = { version: versionId, concurrency: 50, handler, onError: ignore };
    consumers.push(await work.consume(options));
  }
  const inWindow = async () =>
    (await store.jobs.windowOf(versionId)).reduce((sum, flow) => sum + flow.jobs, 0);
  const submit = (
    overrides: { deadlineS?: number; priority?: number; tenantId?: string; versionId?: string } = {},
  ) =>
    store.jobs.submit({
      id: newUuid(),
      tenantId,
      versionId,
      alias: null,
      task: 'text-classification',
      parameters: {},
      inputs: ['x'],
      metadata: {},
      priority: 1,
      deadlineS: 600,
      cost: 10,
      idempotency: null,
      ...overrides,
    });
  const submitMany = async (count: number) => {
    const ids: string[] = [];
    for (let i = 0; i < count; i++) ids.push((await submit()).id);
    return ids;
  };
  /** Ends every entry's job as a worker would; records the jobs that were claimed. */
  const finishing = (claimed: string[]) => async (entry: QueueEntry) => {
    const [job] = await store.jobs.claim([entry], worker);
    if (!job) return;
    claimed.push(job.id);
    await store.jobs.finish(
      [
        {
          id: job.id,
          attempt: job.attempt,
          results: JSON.stringify([{ index: 0 }]),
          succeeded: 1,
          failed: 0,
          usage: { tokens: 1, padded_tokens: 1, truncated: 0 },
          timing: { queue_ms: 0, tokenize_ms: 0, inference_ms: 0 },
          error: null,
        },
      ],
      worker.id,
    );
  };

  // The first: others leave jobs that wait.
  it('asks the database seldom while there is nothing to do', async () => {
    await startDispatcher({ HEDDLE_RECONCILE_INTERVAL_MS: '60000' });
    // After the start all look often for some seconds; and a connection that falls idle tells its count after ten.
    await sleep(17_000);
    const before = await transactions();
    await sleep(5_000);
    // 8 a second, and some of the queue's where it is here too; with looks every 100 ms it would be more than 20.
    expect((await transactions()) - before).toBeLessThan(80);
  });
  /** Of all connections to the database so far. */
  async function transactions(): Promise<number> {
    const [row] = await database.query<{ count: string }>(
      'SELECT xact_commit AS count FROM pg_stat_database WHERE datname = current_database()',
    );
    return Number(row!.count);
  }

  it('hands every job out once, also with two dispatchers and kill -9 among them', async () => {
    const claimed: string[] = [];
    await consume(finishing(claimed));
    const [first] = await Promise.all([startDispatcher(), startDispatcher()]);
    const ids = submitMany(300);
    await waitFor(() => claimed.length > 30, { timeoutMs: 30_000 });
    await stop(first!, 'SIGKILL');
    const submitted = await ids;
    const ended = async () => (await store.jobs.endedAmong(submitted)).length;
    await waitFor(async () => (await ended()) === submitted.length, { timeoutMs: 30_000 });
    expect([...claimed].sort()).toEqual([...submitted].sort());
  });

  it('dispatches again what the queue lost', { timeout: 60_000 }, async () => {
    await startDispatcher();
    const ids = await submitMany(5);
    await waitFor(async () => (await inWindow()) === 5);
    // Taken out of the queue and not claimed.
    let taken = 0;
    await consume(async () => {
      taken++;
    });
    await waitFor(() => taken === 5);
    await consumers.pop()!.close();
    const claimed: string[] = [];
    await consume(finishing(claimed));
    await waitFor(() => claimed.length === 5, { timeoutMs: 30_000 });
    expect([...claimed].sort()).toEqual([...ids].sort());
  });

  it('leaves jobs alone that wait in the queue for a worker', async () => {
    await startDispatcher();
    const ids = await submitMany(40);
    await waitFor(async () => (await inWindow()) === ids.length);
    // Longer than the queue is believed without a question, and then several rounds of repair.
    await sleep(8_000);
    const dispatches = await database.query<{ epoch: number; count: number }>(
      `SELECT epoch, count(*)::int FROM jobs WHERE version_id = '${versionId}' GROUP BY epoch`,
    );
    expect(dispatches).toEqual([{ epoch: 0, count: ids.length }]);
  });

  it('gives the jobs of a silent worker to another', async () => {
    await startDispatcher();
    const entries: QueueEntry[] = [];
    await consume(async (entry) => {
      await store.jobs.claim([entry], { id: newUuid(), leaseMs: entries.length === 0 ? 300 : 60_000 });
      entries.push(entry);
    });
    const { id } = await submit();
    await waitFor(() => entries.length === 2, { timeoutMs: 20_000 });
    expect(entries.map((entry) => entry.id)).toEqual([id, id]);
    expect(entries[1]!.epoch).toBe(entries[0]!.epoch + 1);
    const job = await store.jobs.find(tenantId, id, { inputs: false, results: false });
    expect(job).toMatchObject({ state: 'running', attempt: 2 });
  });

  it('expires what misses its deadline, between two rounds of repair', async () => {
    await startDispatcher({ HEDDLE_RECONCILE_INTERVAL_MS: '60000' });
    const { id } = await submit({ deadlineS: 1 });
    await waitFor(async () => (await store.jobs.endedAmong([id])).length === 1, { timeoutMs: 20_000 });
    const job = await store.jobs.find(tenantId, id, { inputs: false, results: false });
    expect(job).toMatchObject({ state: 'expired', error: { code: 'deadline-exceeded' } });
  });

  it('does not make a newcomer wait behind a flood', { timeout: 90_000 }, async () => {
    const { id } = await submit();
    await database.query(
      `WITH flood AS (INSERT INTO jobs (id, tenant_id, version_id, task, parameters, items, cost, deadline)
         SELECT gen_random_uuid(), tenant_id, version_id, task, parameters, items, cost, deadline
           FROM jobs, generate_series(2, 5000) WHERE id = '${id}' RETURNING id)
       INSERT INTO job_inputs SELECT id, '["x"]' FROM flood`,
    );
    await startDispatcher();
    await waitFor(async () => (await inWindow()) > 500);
    await sleep(1_000);
    const other = (await store.tenants.ensure('other', 'Other')).id;
    const late = [await submit({ tenantId: other }), await submit({ priority: 0 })].map(({ id }) => id);
    await waitFor(async () => (await store.jobs.windowOf(versionId)).length === 3);
    const claimed: string[] = [];
    await consume(finishing(claimed));
    await waitFor(() => late.every((job) => claimed.includes(job)), { timeoutMs: 60_000 });
    expect(claimed.length).toBeLessThan(2_500);
  });

  it('expires thousands of overdue jobs in one go', async () => {
    const { id } = await submit({ deadlineS: 1 });
    await database.query(
      `INSERT INTO jobs (id, tenant_id, version_id, task, parameters, items, cost, deadline)
       SELECT gen_random_uuid(), tenant_id, version_id, task, parameters, items, cost, now()
         FROM jobs, generate_series(1, 4500) WHERE id = '${id}'`,
    );
    await startDispatcher();
    const open = `SELECT count(*)::int AS count FROM jobs WHERE version_id = '${versionId}' AND state = 'queued'
                     AND deadline < now() - interval '1 s'`;
    await waitFor(async () => (await database.query<{ count: number }>(open))[0]!.count === 0, {
      timeoutMs: 20_000,
    });
  });

  // Half a minute, of which nothing depends on where the window is.
  it.runIf(backend === 'redis')(
    'ends what no worker could run for half a minute, and counts what it ends',
    {
      timeout: 90_000,
    },
    async () => {
      const port = await freePort();
      await startDispatcher({ HEDDLE_DISPATCHER_METRICS_PORT: String(port) });
      // One has held it for long; what counts is since when the other does not run it either.
      const crashing = testBeat({ quarantined: { [versionId]: 120 } });
      const healthy = testBeat();
      await store.workers.heartbeat(crashing);
      await store.workers.heartbeat(healthy);
      const beating = setInterval(() => void store.workers.heartbeat(crashing), 2_000);
      const { id: stuck } = await submit();
      const { id: late } = await submit({ versionId: await newVersion(store, library), deadlineS: 0.001 });
      const stateOf = async (id: string) =>
        (await store.jobs.find(tenantId, id, { inputs: false, results: false }))!;
      await sleep(2_000);
      const drainedAt = Date.now();
      await store.workers.heartbeat({ ...healthy, phase: 'draining' });
      await waitFor(async () => (await stateOf(stuck)).state === 'failed', { timeoutMs: 60_000 });
      clearInterval(beating);
      expect((await stateOf(stuck)).completedAt!.getTime() - drainedAt).toBeGreaterThanOrEqual(30_000);
      expect((await stateOf(stuck)).error).toMatchObject({ code: 'model-unavailable' });
      await waitFor(async () => (await stateOf(late)).state === 'expired', { timeoutMs: 10_000 });
      // By model: jobs that other specs left behind may end meanwhile.
      const models = [(await stateOf(stuck)).model, (await stateOf(late)).model];
      const ended = async () => {
        const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
        return [...text.matchAll(/^heddle_jobs_total\{model="(\w+)",.*status="(\w+)"\} (\d+)$/gm)]
          .filter(([, model]) => models.includes(model!))
          .map(([, model, status, count]) => `${model} ${status} ${count}`);
      };
      await waitFor(async () => (await ended()).length === 2, { timeoutMs: 10_000 });
      expect((await ended()).sort()).toEqual([`${models[0]} failed 1`, `${models[1]} expired 1`].sort());
      await store.workers.remove(crashing.id);
      await store.workers.remove(healthy.id);
    },
  );

  it('serves every version although dispatching one of them fails', async () => {
    const broken = versionId;
    await database.query(
      `CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$;
       CREATE TRIGGER refuse BEFORE UPDATE ON jobs FOR EACH ROW
         WHEN (NEW.version_id = '${broken}' AND NEW.dispatched_at IS NOT NULL) EXECUTE FUNCTION refuse()`,
    );
    const stuck = await submit();
    versionId = (
      await store.models.addVersion({
        tenantId: library,
        name: 'healthy',
        description: '',
        manifest: testManifest(),
      })
    ).id;
    await submit();
    await startDispatcher();
    await waitFor(async () => (await inWindow()) === 1);
    expect(await store.jobs.windowOf(broken)).toEqual([]);
    await database.query('DROP TRIGGER refuse ON jobs; DROP FUNCTION refuse');
    await store.jobs.cancel(tenantId, stuck.id);
  });

  it('is known while it lives and the queue answers, and forgets who is gone', async () => {
    // A dispatcher that was killed is believed for half a minute.
    await database.query('DELETE FROM dispatchers');
    await database.query(
      `INSERT INTO workers (id, host, pid, heartbeat_at) VALUES (gen_random_uuid(), 'gone', 1, now() - interval '25 h'),
         (gen_random_uuid(), 'away', 1, now() - interval '23 h')`,
    );
    expect(await store.dispatchers.countFresh()).toBe(0);
    const child = await startDispatcher();
    expect(await store.dispatchers.countFresh()).toBe(1);
    const hosts = `SELECT host FROM workers WHERE host IN ('gone', 'away')`;
    await waitFor(async () => (await database.query(hosts)).length === 1);
    expect(await database.query(hosts)).toEqual([{ host: 'away' }]);
    await stop(child, 'SIGTERM');
    expect(await store.dispatchers.countFresh()).toBe(0);
    await database.query('DELETE FROM workers');
  });

  it('notes no answer of a queue that gives none', async () => {
    if (!redis) return;
    await startDispatcher();
    const last = async () => {
      const [row] = await database.query<{ at: Date }>(
        'SELECT max(queue_answered_at) AS at FROM dispatchers',
      );
      return row!.at.getTime();
    };
    const before = await last();
    await waitFor(async () => (await last()) > before);
    await redis.kill('SIGSTOP');
    // A round trip that is under way may still end.
    await sleep(1_000);
    const stopped = await last();
    await sleep(8_000);
    expect(await last()).toBe(stopped);
    await redis.kill('SIGCONT');
    await waitFor(async () => (await last()) > stopped);
  });

  it('rebuilds a window that was lost as a whole within 5 s', async () => {
    await startDispatcher();
    const ids = await submitMany(20);
    await waitFor(async () => (await inWindow()) === 20);
    await loseQueue();
    const claimed: string[] = [];
    const started = Date.now();
    await consume(finishing(claimed));
    await waitFor(() => claimed.length > 0, { timeoutMs: 5_000 });
    await waitFor(() => claimed.length === 20, { timeoutMs: 10_000 });
    expect(Date.now() - started).toBeLessThan(15_000);
    expect([...claimed].sort()).toEqual([...ids].sort());
  });

  async function loseQueue(): Promise<void> {
    // A Redis without persistence comes back empty.
    if (redis) return redis.restart();
    await database.query('TRUNCATE bullmq.meta, bullmq.job, bullmq.event CASCADE');
  }

  it('ends with 0 on SIGTERM, and with 78 when it is not configured', async () => {
    const child = await startDispatcher();
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    expect(await exited).toEqual([0, null]);
    const unconfigured = fork(MAIN, { env: { PATH: process.env.PATH, HEDDLE_PORT: 'x' }, stdio: 'pipe' });
    expect(await once(unconfigured, 'exit')).toEqual([78, null]);
  });

  it.runIf(backend === 'redis')('ends with 78 and one line when Redis may evict keys', async () => {
    const evicting = await startRedis({ 'maxmemory-policy': 'allkeys-lru' });
    const env = { PATH: process.env.PATH, HEDDLE_DATABASE_URL: database.url, HEDDLE_REDIS_URL: evicting.url };
    const child = fork(MAIN, { env, stdio: 'pipe' });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += chunk));
    expect(await once(child, 'close')).toEqual([78, null]);
    expect(output).toMatch(/^redis-evicts-keys: .*allkeys-lru.*Set maxmemory-policy noeviction\.\n$/);
    await evicting.stop();
  });
});
