/** Runs one fault against a fresh system under load, and says what came of it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Random, waitFor } from '@heddle/testing';
import { violationsOf } from './invariants.mjs';
import { Ledger } from './ledger.mjs';
import { Load } from './load.mjs';
import { startSystem } from './system.mjs';

const CLIENTS = 64;
const TEXTS = 40;
/** What texts that are to be longer go on with. */
const MORE = ' and I would see it again with my friends on any day of the week';
/** Load before the fault and after it. */
const BEFORE_MS = 3_000;
const AFTER_MS = 3_000;
/** Promise 6: from the end of a fault to the first job that is accepted and succeeds. */
const HEALED_MS = 60_000;
/** After it no job ends any more that has not yet: twice the lease of a worker that was killed, and a repair. */
const STANDSTILL_MS = 150_000;

/**
 * { fault, backend, seed, date, duration_s, healed_s, accepted, statuses, facts, violations, logs }. `facts` are what the
 * fault itself measured; a fault that misses what it asks for throws, and that is a violation too. `brief` faults have less
 * of the same: fewer jobs, shorter outages.
 */
export async function runFault(fault, { backend, seed, brief = false }) {
  const startedAt = performance.now();
  const random = new Random(seed);
  const { redis, env, volumeMib, chars = 0, priorities } = fault;
  const system = await startSystem({ backend, redis, env, volumeMib });
  const ledger = new Ledger();
  const prefix = `chaos-${fault.id}-${seed}`;
  try {
    const texts = Array.from({ length: TEXTS }, (_, i) =>
      `film ${i} was ${i % 3 ? 'good' : 'bad'}, ${seed} times`.padEnd(chars, MORE),
    );
    const expected = await answersTo(system.client, texts);
    const { url, key } = system.heddle;
    const load = new Load({ url, key, stranger: system.stranger, ledger, random, texts, prefix, priorities });
    if (fault.load !== false) load.start(CLIENTS);
    await sleep(fault.load === false ? 0 : BEFORE_MS);
    const facts = await attempt(ledger, () =>
      fault.inject({ ...system, load, ledger, random, texts, brief }),
    );
    const endedAt = performance.now();
    const healed = await attempt(ledger, async () => {
      await waitFor(() => load.isServing(), { timeoutMs: HEALED_MS });
      return (performance.now() - endedAt) / 1000;
    });
    await sleep(AFTER_MS);
    await load.stop();
    await attempt(ledger, () => drained(system.heddle));
    for (const { url: hook } of ledger.receivers) await attempt(ledger, () => delivered(system.heddle, hook));
    return {
      fault: fault.id,
      backend,
      seed,
      date: new Date().toISOString().slice(0, 10),
      duration_s: Math.round((performance.now() - startedAt) / 1000),
      healed_s: healed === undefined ? null : Math.round(healed * 10) / 10,
      accepted: ledger.accepted.size,
      statuses: Object.fromEntries([...ledger.statuses].sort(([a], [b]) => a - b)),
      facts: facts ?? {},
      violations: await violationsOf({ ledger, heddle: system.heddle, expected, prefix }),
      logs: system.heddle.logs(),
    };
  } finally {
    for (const receiver of ledger.receivers) await receiver.close();
    await system.stop();
  }
}

async function answersTo(client, texts) {
  const jobs = await Promise.all(texts.map((text) => client.run({ model: 'sentiment', inputs: [text] })));
  return jobs.map(({ results: [{ output }] }) => output);
}

async function attempt(ledger, work) {
  try {
    return await work();
  } catch (error) {
    // What a process has logged may follow in the lines below.
    ledger.violations.push(error.message.split('\n')[0]);
    return undefined;
  }
}

/** Returns when all jobs have ended; throws when none has for a while, however many there are. */
async function drained(heddle) {
  let open = await countOpen(heddle);
  let since = performance.now();
  while (open > 0) {
    await sleep(200);
    const now = await countOpen(heddle);
    if (now < open) since = performance.now();
    open = now;
    if (performance.now() - since > STANDSTILL_MS) throw new Error(`${open} jobs do not end`);
  }
}

/** Returns when nothing waits for the receiver any more. */
async function delivered(heddle, hook) {
  const open = `SELECT 1 FROM webhook_deliveries d JOIN webhook_endpoints e ON e.id = d.endpoint_id
    WHERE e.url = '${hook}' AND d.status IN ('pending', 'delivering') LIMIT 1`;
  await waitFor(async () => (await heddle.database.query(open)).length === 0, { timeoutMs: STANDSTILL_MS });
}

async function countOpen(heddle) {
  const [{ open }] = await heddle.database.query(
    "SELECT count(*)::int AS open FROM jobs WHERE state IN ('queued', 'running')",
  );
  return open;
}
