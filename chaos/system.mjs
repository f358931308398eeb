/** A whole Heddle of its own for one fault: Postgres, Redis, real processes, two tenants. */
import { openStore } from '@heddle/store';
import { startHeddle, startRedis, startTestPostgres, TestClient } from '@heddle/testing';

const DATABASE_VARIABLE = 'HEDDLE_TEST_POSTGRES_URL';

/**
 * Starts everything. `redis` settings are lines of redis.conf; `env` goes to all processes. Without Redis (`backend`
 * postgres) `redis` of the result is null.
 */
export async function startSystem({ backend, redis: settings = {}, env = {} }) {
  const stops = [];
  const stop = async () => {
    for (const end of stops.splice(0).reverse()) await end();
  };
  try {
    const postgres = await startTestPostgres();
    stops.push(() => postgres.stop());
    process.env[DATABASE_VARIABLE] = postgres.url;
    const redis = backend === 'redis' ? await startRedis(settings) : null;
    if (redis) stops.push(() => redis.stop());
    const heddle = await startHeddle({ ...(redis ? { redisUrl: redis.url } : {}), env });
    stops.push(() => heddle.stop());
    const stranger = await addTenant(heddle.database.url, 'stranger');
    return { postgres, redis, heddle, stranger, client: new TestClient(heddle.url, heddle.key), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** A key of a new tenant that may do what users do. */
export async function addTenant(databaseUrl, slug) {
  const store = await openStore({ url: databaseUrl, applicationName: 'chaos', onPoolError: () => undefined });
  try {
    const { id } = await store.tenants.ensure(slug, slug);
    return await store.keys.create(id, 'chaos', ['infer']);
  } finally {
    await store.close();
  }
}
