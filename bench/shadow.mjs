/**
 * What a shadow costs the work it shadows: waited jobs that come at a steady pace, with spare capacity, by an alias without
 * and with a shadow, in turns; then as many as the machine can bear, without and with; and how many of those get a second run
 * as long as that lasts: next to none should.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { openStore } from '@heddle/store';
import { startHeddle, TestClient } from '@heddle/testing';
import { round } from './engine/compare.mjs';
import { assertSucceeded, inRounds, jobRunner, keepBusy, percentile, spreadOf } from './platform/load.mjs';
import { writeReport } from './report.mjs';
import { withServers } from './servers.mjs';

const PLANS = {
  quick: { rounds: 2, jobs: 100, pauseMs: 100, clients: 32, seconds: 5, longS: 45 },
  full: { rounds: 10, jobs: 250, pauseMs: 100, clients: 32, seconds: 20, longS: 90 },
};
const TEXT =
  'The first half promises what the second half forgets, and the ending is not worth the time that it takes.';
const BODY = { model: 'shadowed', inputs: [TEXT] };
const ALIAS = '/v1/models/shadowed/aliases/production';
/** A job that ended gets its second run in half a minute or never. */
const SETTLE_MS = 35_000;

export async function benchShadow({ quick }) {
  const plan = PLANS[quick ? 'quick' : 'full'];
  const measured = await withServers(async (redisUrl) => {
    const heddle = await startHeddle({ redisUrl });
    try {
      await addVersions(heddle);
      return await measure(heddle, plan);
    } finally {
      await heddle.stop();
    }
  });
  console.dir(measured, { depth: null });
  await writeReport('shadow', quick, { plan, ...measured });
}

/** The shipped sentiment model twice, so that the shadow costs what the version costs. */
async function addVersions({ database, key, url }) {
  const client = new TestClient(url, key);
  const { tenant } = await client.request('GET', '/v1/me');
  const store = await openStore({
    url: database.url,
    applicationName: 'bench',
    onPoolError: () => undefined,
  });
  try {
    const { id: tenantId } = await store.tenants.ensure(tenant.slug, tenant.name);
    const { manifest } = await store.models.resolve(tenantId, 'sentiment');
    // The second takes as long texts; only so much differs that it is another version.
    for (const maxTokens of [manifest.maxTokens, manifest.maxTokens - 1])
      await store.models.addVersion({
        ...{ tenantId, name: 'shadowed', description: '' },
        manifest: { ...manifest, maxTokens },
      });
  } finally {
    await store.close();
  }
}

async function measure(heddle, plan) {
  const client = new TestClient(heddle.url, heddle.key);
  const runner = jobRunner(heddle);
  const put = (shadow) => client.request('PUT', ALIAS, { version: 1, ...(shadow ? { shadow: 2 } : {}) });
  const waits = (shadow) => async () => {
    await put(shadow);
    return steady(runner, plan);
  };
  try {
    const lists = await inRounds(plan.rounds, { without: waits(false), with: waits(true) });
    await put(true);
    const spare = await settled(client);
    const ratios = lists.with.map((list, i) => percentile(list, 0.95) / percentile(lists.without[i], 0.95));
    const busy = (shadow) => async () => {
      await put(shadow);
      return keepBusy(plan.clients, plan.seconds, async () => assertSucceeded(await runner.run(BODY)));
    };
    const rates = await inRounds(3, { without: busy(false), with: busy(true) });
    await put(true);
    const before = await settled(client);
    const perSecond = await keepBusy(plan.clients, plan.longS, async () =>
      assertSucceeded(await runner.run(BODY)),
    );
    const during = differenceOf(await secondRuns(client), before);
    return {
      steady: {
        without: millisecondsOf(lists.without.flat()),
        with: millisecondsOf(lists.with.flat()),
        p95_ratio: round(percentile(lists.with.flat(), 0.95) / percentile(lists.without.flat(), 0.95), 3),
        p95_ratio_of_rounds: spreadOf(ratios, 3),
        second_runs: spare,
      },
      saturated: {
        jobs_per_s: { without: spreadOf(rates.without), with: spreadOf(rates.with) },
        second_runs: { ...during, of_jobs: Math.round(perSecond * plan.longS) },
      },
    };
  } finally {
    runner.close();
  }
}

/** Round trips of jobs that come one after the other, with a pause in which a second run has room. */
async function steady(runner, { jobs, pauseMs }) {
  const trips = [];
  for (let i = 0; i < jobs; i++) {
    const started = performance.now();
    assertSucceeded(await runner.run(BODY));
    trips.push(performance.now() - started);
    // Not in step with anything that happens every 100 ms.
    await sleep(pauseMs * (0.5 + Math.random()));
  }
  return trips;
}

/** What the alias says of second runs once there are none to come. */
async function settled(client) {
  await sleep(SETTLE_MS);
  return secondRuns(client);
}

async function secondRuns(client) {
  const { shadow } = await client.request('GET', ALIAS);
  const [{ jobs = 0, dropped = 0, agreement = null } = {}] = shadow.comparisons ?? [];
  return { jobs, dropped, agreement };
}

function differenceOf(after, before) {
  return { jobs: after.jobs - before.jobs, dropped: after.dropped - before.dropped };
}

function millisecondsOf(trips) {
  return { p50_ms: round(percentile(trips, 0.5), 1), p95_ms: round(percentile(trips, 0.95), 1) };
}
