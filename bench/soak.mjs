/**
 * A steady load for half an hour or longer, and what the processes, Redis and Postgres take meanwhile: memory that grows
 * has a slope, and Redis has no more keys afterwards than before.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startEmbeddedPostgres } from '@heddle/embedded';
import { createTestFolder, freePort, startHeddle, startRedis, TestClient } from '@heddle/testing';
import { writeReport } from './report.mjs';
import { SoakLoad } from './soak/load.mjs';
import { look, redisKeys } from './soak/samples.mjs';
import { trendOf } from './soak/trend.mjs';

/** A shorter run shows that it works. */
const FULL_MINUTES = 30;
export const LEAST_MINUTES = 4;
/** Of the time, nothing is fitted to: pools and caches fill, code is compiled. */
const WARM_UP = 1 / 6;
const SAMPLE_MS = 10_000;
const MINUTE_MS = 60_000;
/** How fast the machine is: as fast as all clients are answered for so long. */
const MEASURE_MS = 10_000;
/** Of that, the steady load. */
const SHARE = 0.5;
const TENANTS = 4;
/** Redis's keys at rest are the fewest within so long: some live for seconds. */
const REST_MS = 10_000;
const KEYS_TIMEOUT_MS = 60_000;

export async function benchSoak({ quick, minutes, backend = 'redis' }) {
  const plan = { minutes: minutes ?? (quick ? LEAST_MINUTES : FULL_MINUTES), backend };
  const stops = [];
  let measured;
  try {
    const system = await startSystem(backend, stops);
    measured = await soak(system, plan);
  } finally {
    for (const stop of stops.reverse()) await stop();
  }
  print(measured);
  const name = backend === 'redis' ? 'soak' : 'soak-postgres';
  await writeReport(name, plan.minutes < FULL_MINUTES, { plan, ...measured });
  if (measured.surprises.count > 0 || measured.redis_keys?.after > measured.redis_keys?.before)
    process.exitCode = 1;
}

async function startSystem(backend, stops) {
  const folder = await createTestFolder('heddle-soak-');
  stops.push(() => rm(folder, { recursive: true }));
  const postgres = await startEmbeddedPostgres({ dataDir: join(folder, 'postgres') });
  stops.push(() => postgres.stop());
  process.env.HEDDLE_TEST_POSTGRES_URL = postgres.url;
  const redis = backend === 'redis' ? await startRedis() : null;
  if (redis) stops.push(() => redis.stop());
  const [dispatcherPort, workerPort] = [await freePort(), await freePort()];
  const heddle = await startHeddle({
    redisUrl: redis?.url,
    env: {
      HEDDLE_DISPATCHER_METRICS_PORT: String(dispatcherPort),
      HEDDLE_WORKER_METRICS_PORT: String(workerPort),
      // One that nobody reaches, so that requests are counted.
      HEDDLE_RATE_LIMIT_PER_MIN: '1000000',
    },
  });
  stops.push(() => heddle.stop());
  const metricsUrls = {
    api: `${heddle.url}/metrics`,
    dispatcher: `http://127.0.0.1:${dispatcherPort}/metrics`,
    worker: `http://127.0.0.1:${workerPort}/metrics`,
  };
  return { heddle, where: { redisPort: redis?.port, metricsUrls }, keys: await tenantKeys(heddle) };
}

/** Keys of tenants that see the shipped models and nothing of each other. */
async function tenantKeys({ url, key }) {
  const operator = new TestClient(url, key);
  const keys = [];
  for (let i = 1; i <= TENANTS; i++) {
    const body = { slug: `soak-${i}`, name: `Soak ${i}` };
    keys.push((await operator.request('POST', '/v1/tenants', body)).key.secret);
  }
  return keys;
}

async function soak({ heddle, where, keys }, { minutes }) {
  const load = new SoakLoad(heddle.url, keys);
  try {
    // Every queue has what stays of it, and every process has done everything once.
    const fastest = await rateOf(load, MEASURE_MS);
    await drained(heddle);
    const before = where.redisPort ? await keysAtRest(where.redisPort) : null;
    const rate = SHARE * fastest;
    console.log(`${Math.round(fastest)} turns a second at most; ${Math.round(rate)} for ${minutes} minutes`);
    const [started, turnsBefore] = [performance.now(), load.taken];
    load.start(rate);
    const samples = await sampled(heddle, where, load, minutes);
    await load.stop();
    const elapsedS = (performance.now() - started) / 1000;
    await drained(heddle);
    const after = where.redisPort ? await keysWhenSettled(where.redisPort, before) : null;
    const [{ jobs }] = await heddle.database.query('SELECT count(*)::int AS jobs FROM jobs');
    return {
      turns_per_s: { fastest: Math.round(fastest), soak: Math.round((load.taken - turnsBefore) / elapsedS) },
      turns: load.turns,
      jobs,
      ...trends(samples, minutes),
      redis_keys: before === null ? null : { before, after },
      surprises: load.surprises,
    };
  } finally {
    await load.stop();
    load.close();
  }
}

async function rateOf(load, ms) {
  const [started, before] = [performance.now(), load.taken];
  load.start(Number.POSITIVE_INFINITY);
  await sleep(ms);
  await load.stop();
  return ((load.taken - before) * 1000) / (performance.now() - started);
}

async function sampled(heddle, where, load, minutes) {
  const samples = [];
  const started = performance.now();
  const count = Math.round((minutes * MINUTE_MS) / SAMPLE_MS);
  for (let i = 1; i <= count; i++) {
    await sleep(Math.max(0, started + i * SAMPLE_MS - performance.now()));
    const at = performance.now() - started;
    samples.push({ at, ...(await look(heddle, where)) });
    if (i % (MINUTE_MS / SAMPLE_MS) === 0) console.log(progressOf(samples, load, minutes));
  }
  return samples;
}

function progressOf(samples, load, minutes) {
  const { at, series } = samples.at(-1);
  const resident = Object.entries(series)
    .filter(([name]) => name.endsWith('resident'))
    .map(([name, value]) => `${name.split(',')[0]} ${Math.round(value)}`);
  const keys = series['redis keys'] === undefined ? '' : `, ${series['redis keys']} keys`;
  return `minute ${Math.round(at / MINUTE_MS)} of ${minutes}: ${load.taken} turns, ${load.surprises.count} surprises; MiB: ${resident.join(', ')}${keys}`;
}

/** Of what was seen after the warm-up. */
function trends(samples, minutes) {
  const warmUpMs = minutes * MINUTE_MS * WARM_UP;
  const kept = samples.filter(({ at }) => at >= warmUpMs);
  const names = Object.keys(kept[0].series);
  return {
    warm_up_minutes: warmUpMs / MINUTE_MS,
    restarts: new Set(kept.flatMap(({ pids }) => pids)).size - kept[0].pids.length,
    trends: Object.fromEntries(
      names.map((name) => [name, trendOf(kept.map(({ at, series }) => ({ at, value: series[name] })))]),
    ),
  };
}

/** Returns when no job is queued or running. */
async function drained({ database }) {
  for (;;) {
    const [{ open }] = await database.query(
      "SELECT count(*)::int AS open FROM jobs WHERE state IN ('queued', 'running')",
    );
    if (open === 0) return;
    await sleep(500);
  }
}

async function keysAtRest(port) {
  const until = performance.now() + REST_MS;
  let fewest = await redisKeys(port);
  while (performance.now() < until) {
    await sleep(1_000);
    fewest = Math.min(fewest, await redisKeys(port));
  }
  return fewest;
}

async function keysWhenSettled(port, before) {
  const until = performance.now() + KEYS_TIMEOUT_MS;
  for (;;) {
    const keys = await redisKeys(port);
    if (keys <= before || performance.now() > until) return keys;
    await sleep(1_000);
  }
}

function print({ trends, redis_keys, surprises }) {
  console.table(
    Object.fromEntries(
      Object.entries(trends)
        .filter(([, trend]) => trend)
        .map(([name, { first, last, theil_sen, interval, least_squares }]) => [
          name,
          {
            first,
            last,
            'per hour': theil_sen.per_hour,
            '%/h': theil_sen.percent_per_hour,
            '95 %': interval.join(' … '),
            'least squares, %/h': least_squares.percent_per_hour,
          },
        ]),
    ),
  );
  if (redis_keys)
    console.log(`Redis keys: ${redis_keys.before} before the load, ${redis_keys.after} after it`);
  if (surprises.count > 0) console.log(`${surprises.count} surprises:\n${surprises.first.join('\n')}`);
}
