import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { flowKey, newUuid } from '@heddle/contracts';
import type { QueueEntry } from '@heddle/queue';
import { freePort, startRedis, testBeat, waitFor } from '@heddle/testing';
import { describe, expect, it } from 'vitest';
import { BACKENDS, MAIN, useDispatchers } from './dispatchers.js';
import { newVersion } from './jobs.js';

// Beside each other: they mostly wait, and share nothing.
describe.concurrent.each(BACKENDS)('the dispatcher process, dispatch window in %s', (backend) => {
  const bench = useDispatchers(backend);

  // The first: others leave jobs that wait.
  it.sequential('asks the database seldom while there is nothing to do', async () => {
    await bench.startDispatcher({ HEDDLE_RECONCILE_INTERVAL_MS: '60000' });
    // After the start all look often for some seconds; and a connection that falls idle tells its count after ten.
    await sleep(17_000);
    const before = await transactions();
    await sleep(5_000);
    // 8 a second, and some of the queue's where it is here too; with looks every 100 ms it would be more than 20.
    expect((await transactions()) - before).toBeLessThan(80);
  });
  /** Of all connections to the database so far. */
  async function transactions(): Promise<number> {
    const [row] = await bench.database.query<{ count: string }>(
      'SELECT xact_commit AS count FROM pg_stat_database WHERE datname = current_database()',
    );
    return Number(row!.count);
  }

  it.sequential('hands every job out once, also with two dispatchers and kill -9 among them', async () => {
    const claimed: string[] = [];
    await bench.consume(bench.finishing(claimed));
    const [first] = await Promise.all([bench.startDispatcher(), bench.startDispatcher()]);
    const ids = bench.submitMany(300);
    await waitFor(() => claimed.length > 30, { timeoutMs: 30_000 });
    await bench.stop(first!, 'SIGKILL');
    const submitted = await ids;
    const ended = async () => (await bench.store.jobs.endedAmong(submitted)).length;
    await waitFor(async () => (await ended()) === submitted.length, { timeoutMs: 30_000 });
    expect([...claimed].sort()).toEqual([...submitted].sort());
  });

  it.sequential('dispatches again what the queue lost', { timeout: 60_000 }, async () => {
    await bench.startDispatcher();
    const ids = await bench.submitMany(5);
    await waitFor(async () => (await bench.inWindow()) === 5);
    // Taken out of the queue and not claimed.
    let taken = 0;
    await bench.consume(async () => {
      taken++;
    });
    await waitFor(() => taken === 5);
    await bench.consumers.pop()!.close();
    const claimed: string[] = [];
    await bench.consume(bench.finishing(claimed));
    await waitFor(() => claimed.length === 5, { timeoutMs: 30_000 });
    expect([...claimed].sort()).toEqual([...ids].sort());
  });

  it.sequential('leaves jobs alone that wait in the queue for a worker', async () => {
    await bench.startDispatcher();
    const ids = await bench.submitMany(40);
    await waitFor(async () => (await bench.inWindow()) === ids.length);
    // Longer than the queue is believed without a question, and then several rounds of repair.
    await sleep(8_000);
    const dispatches = await bench.database.query<{ epoch: number; count: number }>(
      `SELECT epoch, count(*)::int FROM jobs WHERE version_id = '${bench.versionId}' GROUP BY epoch`,
    );
    expect(dispatches).toEqual([{ epoch: 0, count: ids.length }]);
  });

  it.sequential('gives the jobs of a silent worker to another', async () => {
    await bench.startDispatcher();
    const entries: QueueEntry[] = [];
    await bench.consume(async (entry) => {
      await bench.store.jobs.claim([entry], { id: newUuid(), leaseMs: entries.length === 0 ? 300 : 60_000 });
      entries.push(entry);
    });
    const { id } = await bench.submit();
    await waitFor(() => entries.length === 2, { timeoutMs: 20_000 });
    expect(entries.map((entry) => entry.id)).toEqual([id, id]);
    expect(entries[1]!.epoch).toBe(entries[0]!.epoch + 1);
    const job = await bench.store.jobs.find(bench.tenantId, id, { inputs: false, results: false });
    expect(job).toMatchObject({ state: 'running', attempt: 2 });
  });

  it.sequential('expires what misses its deadline, between two rounds of repair', async () => {
    await bench.startDispatcher({ HEDDLE_RECONCILE_INTERVAL_MS: '60000' });
    const { id } = await bench.submit({ deadlineS: 1 });
    await waitFor(async () => (await bench.store.jobs.endedAmong([id])).length === 1, { timeoutMs: 20_000 });
    const job = await bench.store.jobs.find(bench.tenantId, id, { inputs: false, results: false });
    expect(job).toMatchObject({ state: 'expired', error: { code: 'deadline-exceeded' } });
  });

  it.sequential('does not make a newcomer wait behind a flood', { timeout: 90_000 }, async () => {
    const { id } = await bench.submit();
    await bench.database.query(
      `WITH flood AS (INSERT INTO jobs (id, tenant_id, version_id, task, parameters, items, cost, deadline)
         SELECT gen_random_uuid(), tenant_id, version_id, task, parameters, items, cost, deadline
           FROM jobs, generate_series(2, 5000) WHERE id = '${id}' RETURNING id)
       INSERT INTO job_inputs SELECT id, '["x"]' FROM flood`,
    );
    await bench.startDispatcher();
    await waitFor(async () => (await bench.inWindow()) > 500);
    await sleep(1_000);
    const other = (await bench.store.tenants.ensure('other', 'Other')).id;
    const late = [await bench.submit({ tenantId: other }), await bench.submit({ priority: 0 })].map(
      ({ id }) => id,
    );
    await waitFor(async () => (await bench.store.jobs.windowOf(bench.versionId)).length === 3);
    const claimed: string[] = [];
    await bench.consume(bench.finishing(claimed));
    await waitFor(() => late.every((job) => claimed.includes(job)), { timeoutMs: 60_000 });
    expect(claimed.length).toBeLessThan(2_500);
  });

  it.sequential('looks again for whoever has nothing waiting, and not for a flood that has enough', async () => {
    const { id } = await bench.submit();
    await bench.database.query(
      `WITH flood AS (INSERT INTO jobs (id, tenant_id, version_id, task, parameters, items, cost, deadline)
         SELECT gen_random_uuid(), tenant_id, version_id, task, parameters, items, cost, deadline
           FROM jobs, generate_series(2, 5000) WHERE id = '${id}' RETURNING id)
       INSERT INTO job_inputs SELECT id, '["x"]' FROM flood`,
    );
    await bench.startDispatcher({ HEDDLE_DISPATCH_POLL_MS: '60000', HEDDLE_RECONCILE_INTERVAL_MS: '60000' });
    await waitFor(async () => (await bench.inWindow()) > 500);
    // From now on there is room, and only signals tell of anything.
    await sleep(500);
    await bench.database.query(
      `UPDATE jobs SET dispatched_at = NULL WHERE version_id = '${bench.versionId}' AND dispatched_at IS NOT NULL`,
    );
    const tell = (tenantId: string) =>
      bench.signals.publish('jobs-submitted', `${bench.versionId}/${flowKey({ tenantId, priority: 1 })}`);
    tell(bench.tenantId);
    await sleep(1_000);
    expect(await bench.inWindow()).toBe(0);
    const other = (await bench.store.tenants.ensure('other', 'Other')).id;
    await bench.submit({ tenantId: other });
    tell(other);
    await waitFor(async () => (await bench.inWindow()) > 500);
  });

  it.sequential('expires thousands of overdue jobs in one go', async () => {
    const { id } = await bench.submit({ deadlineS: 1 });
    await bench.database.query(
      `INSERT INTO jobs (id, tenant_id, version_id, task, parameters, items, cost, deadline)
       SELECT gen_random_uuid(), tenant_id, version_id, task, parameters, items, cost, now()
         FROM jobs, generate_series(1, 4500) WHERE id = '${id}'`,
    );
    await bench.startDispatcher();
    const open = `SELECT count(*)::int AS count FROM jobs WHERE version_id = '${bench.versionId}' AND state = 'queued'
                     AND deadline < now() - interval '1 s'`;
    await waitFor(async () => (await bench.database.query<{ count: number }>(open))[0]!.count === 0, {
      timeoutMs: 20_000,
    });
  });

  // Half a minute, of which nothing depends on where the window is.
  it.runIf(backend === 'redis').sequential(
    'ends what no worker could run for half a minute, and counts what it ends',
    {
      timeout: 90_000,
    },
    async () => {
      const port = await freePort();
      await bench.startDispatcher({ HEDDLE_DISPATCHER_METRICS_PORT: String(port) });
      // One has held it for long; what counts is since when the other does not run it either.
      const crashing = testBeat({ quarantined: { [bench.versionId]: 120 } });
      const healthy = testBeat();
      await bench.store.workers.heartbeat(crashing);
      await bench.store.workers.heartbeat(healthy);
      const beating = setInterval(() => void bench.store.workers.heartbeat(crashing), 2_000);
      const { id: stuck } = await bench.submit();
      const { id: late } = await bench.submit({
        versionId: await newVersion(bench.store, bench.library),
        deadlineS: 0.001,
      });
      const stateOf = async (id: string) =>
        (await bench.store.jobs.find(bench.tenantId, id, { inputs: false, results: false }))!;
      await sleep(2_000);
      const drainedAt = Date.now();
      await bench.store.workers.heartbeat({ ...healthy, phase: 'draining' });
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
      await bench.store.workers.remove(crashing.id);
      await bench.store.workers.remove(healthy.id);
    },
  );

  it.sequential('serves every version although dispatching one of them fails', async () => {
    const broken = bench.versionId;
    await bench.database.query(
      `CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$;
       CREATE TRIGGER refuse BEFORE UPDATE ON jobs FOR EACH ROW
         WHEN (NEW.version_id = '${broken}' AND NEW.dispatched_at IS NOT NULL) EXECUTE FUNCTION refuse()`,
    );
    const stuck = await bench.submit();
    bench.versionId = await newVersion(bench.store, bench.library);
    await bench.submit();
    await bench.startDispatcher();
    await waitFor(async () => (await bench.inWindow()) === 1);
    expect(await bench.store.jobs.windowOf(broken)).toEqual([]);
    await bench.database.query('DROP TRIGGER refuse ON jobs; DROP FUNCTION refuse');
    await bench.store.jobs.cancel(bench.tenantId, stuck.id);
  });

  it.sequential('is known while it lives and the queue answers, and forgets who is gone', async () => {
    // A dispatcher that was killed is believed for half a minute.
    await bench.database.query('DELETE FROM dispatchers');
    await bench.database.query(
      `INSERT INTO workers (id, host, pid, heartbeat_at) VALUES (gen_random_uuid(), 'gone', 1, now() - interval '25 h'),
         (gen_random_uuid(), 'away', 1, now() - interval '23 h')`,
    );
    expect(await bench.store.dispatchers.countFresh()).toBe(0);
    const child = await bench.startDispatcher();
    expect(await bench.store.dispatchers.countFresh()).toBe(1);
    const hosts = `SELECT host FROM workers WHERE host IN ('gone', 'away')`;
    await waitFor(async () => (await bench.database.query(hosts)).length === 1);
    expect(await bench.database.query(hosts)).toEqual([{ host: 'away' }]);
    await bench.stop(child, 'SIGTERM');
    expect(await bench.store.dispatchers.countFresh()).toBe(0);
    await bench.database.query('DELETE FROM workers');
  });

  it.sequential('notes no answer of a queue that gives none', async () => {
    const { redis } = bench;
    if (!redis) return;
    await bench.startDispatcher();
    const last = async () => {
      const [row] = await bench.database.query<{ at: Date }>(
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

  it.sequential('ends with 0 on SIGTERM, and with 78 when it is not configured', async () => {
    const child = await bench.startDispatcher();
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    expect(await exited).toEqual([0, null]);
    const unconfigured = fork(MAIN, { env: { PATH: process.env.PATH, HEDDLE_PORT: 'x' }, stdio: 'pipe' });
    expect(await once(unconfigured, 'exit')).toEqual([78, null]);
  });

  it.runIf(backend === 'redis').sequential(
    'ends with 78 and one line when Redis may evict keys',
    async () => {
      const evicting = await startRedis({ 'maxmemory-policy': 'allkeys-lru' });
      const env = {
        PATH: process.env.PATH,
        HEDDLE_DATABASE_URL: bench.database.url,
        HEDDLE_REDIS_URL: evicting.url,
      };
      const child = fork(MAIN, { env, stdio: 'pipe' });
      let output = '';
      for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += chunk));
      expect(await once(child, 'close')).toEqual([78, null]);
      expect(output).toMatch(/^redis-evicts-keys: .*allkeys-lru.*Set maxmemory-policy noeviction\.\n$/);
      await evicting.stop();
    },
  );
});
