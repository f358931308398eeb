import { waitFor } from '@heddle/testing';
import { expect, it } from 'vitest';
import { useDispatchers } from './dispatchers.js';

const bench = useDispatchers('postgres');
const LONG_AGO = new Date(0);

it('dispatchers count the minutes that nobody counted, each once, and remove what is kept no longer', async () => {
  const { id } = await bench.submit();
  await bench.store.jobs.cancel(bench.tenantId, id);
  await bench.database.query(
    `UPDATE jobs SET completed_at = now() - interval '3 minutes' WHERE id = '${id}';
     UPDATE stats_progress SET counted_until = date_trunc('minute', now()) - interval '10 minutes';
     INSERT INTO stats SELECT tenant_id, 60, now() - interval '3 days', 0, 0, 0, 0, 0, 0, 0, 0, '{}', '{}' FROM jobs`,
  );
  const secret = await bench.store.keys.create(bench.tenantId, 'k', ['read']);
  await bench.store.sessions.create(secret, 'ended', { idleS: 60, maxS: 0 }, 'spec');
  await bench.store.sessions.create(secret, 'goes on', { idleS: 60, maxS: 60 }, 'spec');
  const env = { HEDDLE_RETENTION_INTERVAL_MS: '200' };
  await Promise.all([bench.startDispatcher(env), bench.startDispatcher(env)]);

  await waitFor(async () => (await bench.store.stats.list(null, 60, LONG_AGO)).length >= 9);
  const canceled = async (tenantId: string | null, resolution: 60 | 3600) =>
    (await bench.store.stats.list(tenantId, resolution, LONG_AGO)).reduce(
      (sum, row) => sum + row.jobsCanceled,
      0,
    );
  for (const tenantId of [bench.tenantId, null])
    for (const resolution of [60, 3600] as const) expect(await canceled(tenantId, resolution)).toBe(1);

  const count = async (table: string) =>
    (await bench.database.query<{ count: number }>(`SELECT count(*)::int AS count FROM ${table}`))[0]!.count;
  await waitFor(async () => (await count('sessions')) === 1);
  await waitFor(async () => (await count(`stats WHERE at < now() - interval '2 days'`)) === 0);
  expect(await bench.store.sessions.findLive('goes on', { idleS: 60, maxS: 60 })).not.toBeNull();
});
