import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '@heddle/embedded';
import { createTestFolder, startRedis } from '@heddle/testing';

/** Does work with a Postgres and a Redis of its own: `work(redisUrl)`. */
export async function withServers(work) {
  const stops = [];
  try {
    const folder = await createTestFolder('heddle-bench-');
    stops.push(() => rm(folder, { recursive: true }));
    const postgres = await startEmbeddedPostgres({ dataDir: join(folder, 'postgres') });
    stops.push(() => postgres.stop());
    process.env.HEDDLE_TEST_POSTGRES_URL = postgres.url;
    const redis = await startRedis();
    stops.push(() => redis.stop());
    return await work(redis.url);
  } finally {
    // Also after a failure nothing is left running: the last one started stops first.
    for (const stop of stops.reverse()) await stop();
  }
}
