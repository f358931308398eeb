/** Faults of neighbours: one tenant floods. */
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { LIMITS } from '@heddle/contracts';
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
const RATE_LIMIT = LIMITS.rateLimitPerMin;
/** Times as many, as an operator may allow a tenant: what that costs the other one is told, and has no bound on two cores. */
const GENEROUS = 5;
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
    inject: async ({ heddle, client, load, ledger, texts, brief }) => {
      const other = { url: heddle.url, key: await addTenant(heddle.database.url, 'other'), texts };
      const waiting = await startWaiting(other, brief ? BRIEF : undefined);
      try {
        return await measure({ heddle, client, load, ledger, waiting, count: brief ? FLOOD / 10 : FLOOD });
      } finally {
        await waiting.stop();
      }
    },
  },
];

/**
 * First as requests that come as fast as the limit lets them, while the other tenant waits: a burst of a minute's requests, then
 * what is left to a client that goes on; the same with a limit that is not the shipped one. Then the rest of the flood, submitted while nothing is dispatched, as a backlog that is there at
 * once; rounds of waits that have outlasted it do not count. What is left of it is canceled.
 */
async function measure({ heddle, client, load, ledger, waiting, count }) {
  const { version } = await client.run({ model: 'sentiment', inputs: ['which version is this?'] });
  const idle = await waiting.measure();
  await limitRate(client, RATE_LIMIT);
  const { burst, flooded } = await whileFlooding(load, async (sent) => ({
    burst: await waiting.measureWhile(() => sent() < RATE_LIMIT),
    flooded: await waiting.measure(),
  }));
  await limitRate(client, GENEROUS * RATE_LIMIT);
  const generous = await whileFlooding(load, () => waiting.measure());
  await limitRate(client, null);
  await client.request('POST', `/v1/queues/${version}/pause`);
  const own = ledger.accepted.size;
  await load.submitMany(count - own, CLIENTS);
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
  await cancelAll(
    load,
    ledger,
    [...ledger.accepted.values()].slice(own).map(({ id }) => id),
  );
  const facts = {
    idle_ms: idle.trip,
    burst_ms: burst.trip,
    flood_ms: flooded.trip,
    generous_flood_ms: generous.trip,
    backlog_ms: backlog.trip,
    queue_ms: [idle, burst, flooded, generous, backlog].map(({ queue }) => queue),
    flooded_with: own,
    queued: before,
    still_queued: left,
    rounds: [flooded.rounds, backlog.rounds],
    autogroup: await autogroup(),
  };
  if (Math.max(flooded.trip, backlog.trip) > MOST * idle.trip)
    throw new Error(`p95 of the other tenant's waits: ${JSON.stringify(facts)}`);
  return facts;
}

/** What `during` gives, which is told how many jobs were submitted so far, while clients submit as many as they can. */
async function whileFlooding(load, during) {
  let isOver = false;
  let sent = 0;
  const flooding = load.submitWhile(() => {
    if (!isOver) sent++;
    return !isOver;
  }, CLIENTS);
  // Its error is heard below, unless a wait fails before.
  flooding.catch(() => undefined);
  try {
    return await during(() => sent);
  } finally {
    isOver = true;
    await flooding;
  }
}

/** The last come first: they are the ones that wait. */
async function cancelAll(load, ledger, ids) {
  for (const id of ids) ledger.canceled.add(id);
  const client = async () => {
    for (let id = ids.pop(); id; id = ids.pop())
      await load.call('POST', `/v1/jobs/${id}/cancel`, { body: {} });
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
}

/** Whether Linux gives each session an equal part of a processor, as it does for desktops (docs/tuning.md). */
async function autogroup() {
  return (await readFile('/proc/sys/kernel/sched_autogroup_enabled', 'utf8').catch(() => '0')).trim() === '1';
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
