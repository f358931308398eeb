/**
 * The platform as a client sees it: real api, dispatcher and worker, a fresh database, the shipped sentiment
 * model. Rounds on both backends alternate, because the machine's speed drifts; medians are reported.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '@heddle/embedded';
import { createTestFolder, startHeddle, startRedis, TestClient } from '@heddle/testing';
import { writeReport } from './report.mjs';

const TEXT = 'The first half promises what the second half forgets.';
const PLANS = {
  quick: { rounds: 3, waited: 100, jobs: 500, clients: 16 },
  full: { rounds: 7, waited: 500, jobs: 5000, clients: 32 },
};

export async function benchPlatform({ quick }) {
  const plan = PLANS[quick ? 'quick' : 'full'];
  const stops = [];
  const rounds = { redis: [], postgres: [] };
  try {
    const folder = await createTestFolder('heddle-bench-');
    stops.push(() => rm(folder, { recursive: true }));
    const postgres = await startEmbeddedPostgres({ dataDir: join(folder, 'postgres') });
    stops.push(() => postgres.stop());
    process.env.HEDDLE_TEST_POSTGRES_URL = postgres.url;
    const redis = await startRedis();
    stops.push(() => redis.stop());
    const systems = {};
    for (const [backend, options] of [
      ['redis', { redisUrl: redis.url }],
      ['postgres', {}],
    ]) {
      const heddle = await startHeddle(options);
      stops.push(() => heddle.stop());
      systems[backend] = heddle;
    }
    for (let round = 0; round <= plan.rounds; round++) {
      for (const [backend, heddle] of Object.entries(systems)) {
        const measured = await measure(new TestClient(heddle.url, heddle.key), plan);
        // The first round warms up.
        if (round > 0) rounds[backend].push(measured);
      }
    }
  } finally {
    // Also after a failure nothing is left running: the last one started stops first.
    for (const stop of stops.reverse()) await stop();
  }

  const results = Object.fromEntries(
    Object.entries(rounds).map(([backend, list]) => [backend, summary(list)]),
  );
  console.table(results);
  await writeReport('platform', quick, { plan, results, rounds });
}

async function measure(client, plan) {
  const body = { model: 'sentiment', inputs: [TEXT] };
  const waits = [];
  for (let i = 0; i < plan.waited; i++) {
    const started = performance.now();
    const job = await client.submit(body, { prefer: 'wait=30' });
    waits.push(performance.now() - started);
    if (job.status !== 'succeeded') throw new Error(`job ${job.id}: ${job.status}`);
  }
  waits.sort((a, b) => a - b);

  const started = performance.now();
  let next = 0;
  const lane = async () => {
    while (next++ < plan.jobs) {
      const job = await client.run(body);
      if (job.status !== 'succeeded') throw new Error(`job ${job.id}: ${job.status}`);
    }
  };
  await Promise.all(Array.from({ length: plan.clients }, lane));
  const seconds = (performance.now() - started) / 1000;
  return {
    waited_p50_ms: waits[Math.floor(waits.length * 0.5)],
    waited_p99_ms: waits[Math.floor(waits.length * 0.99)],
    jobs_per_s: plan.jobs / seconds,
  };
}

/** Medians over the rounds, and the spread of the throughput. */
function summary(rounds) {
  const of = (name) => rounds.map((round) => round[name]).sort((a, b) => a - b);
  const median = (values) => values[Math.floor(values.length / 2)];
  const throughput = of('jobs_per_s');
  const round = (value) => Math.round(value * 10) / 10;
  return {
    waited_p50_ms: round(median(of('waited_p50_ms'))),
    waited_p99_ms: round(median(of('waited_p99_ms'))),
    jobs_per_s: round(median(throughput)),
    jobs_per_s_min: round(throughput[0]),
    jobs_per_s_max: round(throughput.at(-1)),
  };
}
