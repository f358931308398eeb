/** Faults of neighbours: one tenant floods. */
import { setTimeout as sleep } from 'node:timers/promises';
import { addTenant } from '../system.mjs';
import { startWaiting } from '../waits.mjs';

const FLOOD = 50_000;
const CLIENTS = 32;
/** Waits of the other tenant in a brief run. */
const BRIEF = { warmUp: 20, count: 20, rounds: 1 };
/**
 * Of each text, the other tenant's too: some 200 tokens, so that forward passes are what there is too little of. With a small
 * model and a few words it would be statements, and the load itself.
 */
const CHARS = 1_000;
/** Requests a minute of the tenant that floods, while the other one waits: what keeps the api for everybody. */
const RATE_LIMIT = 6_000;
/** Times its idle value, the p95 of the other tenant's waits may become. */
const MOST = 2;

export const TENANT_FAULTS = [
  {
    id: 'F36',
    what: 'a tenant floods 50,000 jobs; another waits for its own',
    load: false,
    chars: CHARS,
    // The other tenant's: that tenants of one priority share alike is what is promised.
    priorities: ['normal'],
    inject: async ({ heddle, client, load, texts, brief }) => {
      const other = { url: heddle.url, key: await addTenant(heddle.database.url, 'other'), texts };
      const waiting = await startWaiting(other, brief ? BRIEF : undefined);
      try {
        return await measure({ heddle, client, load, waiting, count: brief ? FLOOD / 10 : FLOOD });
      } finally {
        await waiting.stop();
      }
    },
  },
];

/**
 * A fifth of the flood comes while the other tenant waits, and more for as long as it does; the rest while nothing is dispatched,
 * so that there is a backlog then: rounds that have outlasted it do not count.
 */
async function measure({ heddle, client, load, waiting, count }) {
  const { version } = await client.run({ model: 'sentiment', inputs: ['which version is this?'] });
  const idle = await waiting.measure();
  await limitRate(client, RATE_LIMIT);
  let isMeasured = false;
  let sent = 0;
  const flooding = load.submitWhile(() => {
    const isWanted = !isMeasured || sent < count / 5;
    if (isWanted) sent++;
    return isWanted;
  }, CLIENTS);
  // Its error is heard below, unless a wait fails before.
  flooding.catch(() => undefined);
  const flooded = await waiting.measure().finally(() => {
    isMeasured = true;
  });
  await flooding;
  await limitRate(client, null);
  await client.request('POST', `/v1/queues/${version}/pause`);
  await load.submitMany(count - count / 5, CLIENTS);
  const before = await countQueued(heddle);
  await client.request('POST', `/v1/queues/${version}/resume`);
  let left = before;
  let last = null;
  const backlog = await waiting.measure(async (p95) => {
    last = p95;
    left = await countQueued(heddle);
    return left > 0;
  });
  if (backlog === null)
    throw new Error(
      `the backlog of ${before} jobs was done before a round of waits: ${JSON.stringify({ idle, flooded, last })}`,
    );
  const facts = {
    idle_ms: idle.trip,
    flood_ms: flooded.trip,
    backlog_ms: backlog.trip,
    queue_ms: [idle.queue, flooded.queue, backlog.queue],
    flooded_with: sent,
    flood_rounds: flooded.rounds,
    queued: before,
    still_queued: left,
    backlog_rounds: backlog.rounds,
  };
  if (Math.max(flooded.trip, backlog.trip) > MOST * idle.trip)
    throw new Error(`p95 of the other tenant's waits: ${JSON.stringify(facts)}`);
  return facts;
}

async function countQueued({ database }) {
  const [{ queued }] = await database.query(
    "SELECT count(*)::int AS queued FROM jobs WHERE state = 'queued'",
  );
  return queued;
}

/** Of the load's tenant, requests a minute; null is no limit. Holds within a second. */
async function limitRate(client, limit) {
  const { tenant } = await client.request('GET', '/v1/me');
  await client.request('PATCH', `/v1/tenants/${tenant.slug}`, { limits: { rate_limit_per_min: limit } });
  await sleep(1_000);
}
