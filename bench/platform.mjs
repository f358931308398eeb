/**
 * The platform as a client sees it: real api, dispatcher and worker, fresh databases, Redis. What is compared
 * alternates in rounds, because the machine's speed drifts; medians are reported.
 */
import { startHeddle } from '@heddle/testing';
import { measureFinishedRows } from './platform/finished-rows.mjs';
import { measureIdle } from './platform/idle.mjs';
import { measureSaturated } from './platform/saturated.mjs';
import { measureSingleTexts } from './platform/single-texts.mjs';
import { writeReport } from './report.mjs';
import { withServers } from './servers.mjs';

const PLANS = {
  quick: {
    single: { rounds: 1, waited: 50, seconds: 2, clients: 32 },
    idle: { seconds: 5 },
    saturated: { rounds: 1, textsPerChild: 16 },
    rows: { rows: 100_000, rounds: 3, jobs: 512 },
  },
  full: {
    single: { rounds: 3, waited: 200, seconds: 4, clients: 32 },
    idle: { seconds: 30 },
    saturated: { rounds: 3, textsPerChild: 64 },
    rows: { rows: 5_000_000, rounds: 5, jobs: 1024 },
  },
};

export async function benchPlatform({ quick }) {
  const plan = PLANS[quick ? 'quick' : 'full'];
  const measured = await withServers(async (redisUrl) => {
    const { single, idle } = await measureSmall(redisUrl, plan);
    const { versions, ...texts } = single;
    const saturated = await measureSaturated(redisUrl, plan.saturated);
    const rows = await measureFinishedRows(plan.rows);
    return { versions, single: texts, idle, saturated, rows };
  });
  console.dir(measured, { depth: null });
  await writeReport('platform', quick, { plan, ...measured });
}

/** Both systems serve the shipped models, one after the other or not at all. */
async function measureSmall(redisUrl, plan) {
  const systems = {};
  try {
    systems.redis = await startHeddle({ redisUrl });
    systems.postgres = await startHeddle();
    const single = await measureSingleTexts(systems, redisUrl, plan.single);
    return { single, idle: await measureIdle(systems, plan.idle.seconds) };
  } finally {
    for (const heddle of Object.values(systems)) await heddle.stop();
  }
}
