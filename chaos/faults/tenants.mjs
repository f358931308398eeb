/** Faults of neighbours: one tenant floods. */
import { addTenant } from '../system.mjs';
import { startWaiting } from '../waits.mjs';

const FLOOD = 50_000;
const CLIENTS = 32;
/** Waits of the other tenant in a brief run. */
const BRIEF = { warmUp: 20, count: 20, rounds: 1 };
/** Times its idle value, the p95 of the other tenant's waits may become. */
const MOST = 2;

export const TENANT_FAULTS = [
  {
    id: 'F36',
    what: 'a tenant floods 50,000 jobs; another waits for its own',
    load: false,
    inject: async ({ heddle, client, load, brief }) => {
      const other = { url: heddle.url, key: await addTenant(heddle.database.url, 'other') };
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
 * A fifth of the flood comes while the other tenant waits; the rest while nothing is dispatched, so that there is a backlog
 * then: rounds that have outlasted it do not count.
 */
async function measure({ heddle, client, load, waiting, count }) {
  const { version } = await client.run({ model: 'sentiment', inputs: ['which version is this?'] });
  const idle = await waiting.measure();
  let isOver = false;
  const flooding = load.submitMany(count / 5, CLIENTS).finally(() => {
    isOver = true;
  });
  // Its error is heard below, unless a wait fails before.
  flooding.catch(() => undefined);
  const flooded = await waiting.measure(() => isOver);
  await flooding;
  await client.request('POST', `/v1/queues/${version}/pause`);
  await load.submitMany(count - count / 5, CLIENTS);
  const before = await countQueued(heddle);
  await client.request('POST', `/v1/queues/${version}/resume`);
  let left = before;
  let last = null;
  const backlog = await waiting.measure(undefined, async (p95) => {
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
