/** A whole Heddle of its own for one fault: Postgres, Redis, real processes, two tenants. */
import { openStore } from '@heddle/store';
import { startHeddle, startRedis, startTestPostgres, TestClient } from '@heddle/testing';
import { copyOfTemplate } from './template.mjs';
import { mountVolume } from './volume.mjs';

/** Of a start; where the time of one matters, the fault measures it. */
const READY_TIMEOUT_MS = 240_000;

/**
 * Starts everything. `redis` settings are lines of redis.conf; `env` goes to all processes. Without Redis (`backend`
 * postgres) `redis` of the result is null; without `volumeMib`, the size of a disk of its own for Postgres, `volume` is.
 */
export async function startSystem({ backend, redis: settings = {}, env = {}, volumeMib }) {
  const stops = [];
  const stop = async () => {
    const errors = [];
    for (const end of stops.splice(0).reverse()) await end().catch((error) => errors.push(error));
    if (errors.length > 0) throw new AggregateError(errors, `not everything ended: ${errors[0].message}`);
  };
  try {
    const volume = volumeMib ? await mountVolume(volumeMib) : null;
    if (volume) stops.push(() => volume.unmount());
    const { saved, setupOn } = await copyOfTemplate();
    const postgres = await startTestPostgres({ saved, parent: volume?.folder });
    stops.push(() => postgres.stop());
    const redis = backend === 'redis' ? await startRedis(settings) : null;
    if (redis) stops.push(() => redis.stop());
    const heddle = await startHeddle({
      setup: await setupOn(postgres),
      redisUrl: redis?.url,
      env,
      readyTimeoutMs: READY_TIMEOUT_MS,
    });
    stops.push(() => heddle.stop());
    const stranger = await addTenant(heddle.database.url, 'stranger');
    const client = new TestClient(heddle.url, heddle.key);
    return { volume, postgres, redis, heddle, stranger, client, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** A key of a new tenant, which may do what users do where nothing else is said. */
export async function addTenant(databaseUrl, slug, scopes = ['infer']) {
  const store = await openStore({ url: databaseUrl, applicationName: 'chaos', onPoolError: () => undefined });
  try {
    const { id } = await store.tenants.ensure(slug, slug);
    return await store.keys.create(id, 'chaos', scopes);
  } finally {
    await store.close();
  }
}
