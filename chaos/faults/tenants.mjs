/** Faults of neighbours: one tenant floods. */
import { setTimeout as sleep } from 'node:timers/promises';
import { addTenant } from '../system.mjs';
import { startWaiting } from '../waits.mjs';

const FLOOD = 50_000;
const CLIENTS = 32;
/** Of the flood, what is there before the other tenant's waits count. */
const BEGUN = 1_000;
/** Times its idle value, the p95 of the other tenant's waits may become. */
const MOST = 2;

export const TENANT_FAULTS = [
  {
    id: 'F36',
    what: 'a tenant floods 50,000 jobs; another waits for its own',
    load: false,
    inject: async ({ heddle, load, brief }) => {
      const other = { url: heddle.url, key: await addTenant(heddle.database.url, 'other') };
      const waiting = await startWaiting(other);
      try {
        return await measure({ heddle, load, waiting, count: brief ? FLOOD / 10 : FLOOD });
      } finally {
        await waiting.stop();
      }
    },
  },
];

async function measure({ heddle, load, waiting, count }) {
  const idle = await waiting.measure();
  let isOver = false;
  const flooding = load.submitMany(count, CLIENTS).finally(() => {
    isOver = true;
  });
  // Its error is heard below, unless a wait fails before.
  flooding.catch(() => undefined);
  while (!isOver && load.ledger.accepted.size < BEGUN) await sleep(50);
  // As long as jobs come; then while those that have come wait.
  const flooded = await waiting.measure(() => isOver);
  await flooding;
  const before = await countQueued(heddle);
  const backlog = await waiting.measure();
  const left = await countQueued(heddle);
  if (left === 0) throw new Error(`the backlog of ${before} jobs was done before the last wait`);
  const facts = {
    idle_ms: idle.trip,
    flood_ms: flooded.trip,
    backlog_ms: backlog.trip,
    queue_ms: [idle.queue, flooded.queue, backlog.queue],
    flood_rounds: flooded.rounds,
    queued: before,
    still_queued: left,
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
