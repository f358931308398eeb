/** The invariants of docs/chaos.md, checked over what clients wrote down and what the database holds. */

import { toPublicId } from '@heddle/contracts';

/** Scores of one text in other company differ in the last digits. */
const SAME_SCORE = 1e-4;
/** What `exitOnBugs` and Node itself write. */
const BUG = /uncaught exception|unhandled rejection|uncaughtException|unhandledRejection/;
const TERMINAL = new Set(['succeeded', 'failed', 'canceled', 'expired']);

/** Every violation, as a sentence each. `expected` are the undisturbed outputs by number of the text. */
export async function violationsOf({ ledger, heddle, expected, prefix }) {
  const found = [...ledger.violations];
  const rows = await heddle.database.query(
    `SELECT j.id, j.state, j.idempotency_key AS key, j.error, r.results
       FROM jobs j LEFT JOIN job_results r ON r.job_id = j.id WHERE j.idempotency_key LIKE '${prefix}-%'`,
  );
  const byKey = new Map(rows.map((row) => [row.key, row]));
  for (const [key, { id, text }] of ledger.accepted) {
    const row = byKey.get(key);
    if (!row) found.push(`I1: ${id} was accepted and is lost`);
    else if (!TERMINAL.has(row.state)) found.push(`I1: ${id} is still ${row.state}`);
    else if (row.state === 'succeeded') {
      if (!row.results) found.push(`I2: ${id} succeeded without a result`);
      else if (!isSame(row.results, expected[text])) {
        found.push(`I2: ${id} has another result: ${JSON.stringify(row.results)}`);
      }
    } else if (row.state !== 'canceled' || !ledger.canceled.has(id))
      found.push(`${id} ended ${row.state}: ${JSON.stringify(row.error)}`);
  }
  for (const { key } of rows) {
    if (!ledger.accepted.has(key) && !ledger.ambiguous.has(key)) found.push(`I3: nobody asked for ${key}`);
  }
  for (const receiver of ledger.receivers) found.push(...(await undelivered(receiver, heddle, prefix)));
  for (const line of heddle.logs().split('\n')) if (BUG.test(line)) found.push(`I6: ${line.slice(0, 500)}`);
  return found;
}

/** I4: every end of a job since the receiver was subscribed has arrived, each event with one body. */
async function undelivered({ received, since, isSigned }, heddle, prefix) {
  const found = [];
  const ends = await heddle.database.query(
    `SELECT j.id, v.id AS event, (SELECT string_agg(d.status, ' ') FROM webhook_deliveries d WHERE d.event_id = v.id) AS status
       FROM jobs j LEFT JOIN webhook_events v ON v.object_id = j.id AND v.type = 'job.' || j.state
      WHERE j.idempotency_key LIKE '${prefix}-%' AND j.completed_at > '${since.toISOString()}'`,
  );
  for (const { id, event, status } of ends) {
    if (!event) found.push(`I4: ${id} ended and has no event`);
    else if (!received.has(toPublicId('event', event)))
      found.push(`I4: the end of ${id} did not arrive (${status})`);
  }
  for (const [id, attempts] of received) {
    if (new Set(attempts.map(({ body }) => body)).size > 1) found.push(`I4: ${id} came with two bodies`);
    if (!attempts.every(isSigned)) found.push(`I4: ${id} came with a signature that is not good`);
  }
  return found;
}

function isSame([{ output } = {}], expected) {
  return (
    output?.labels?.length === expected.labels.length &&
    output.labels.every(
      ({ label, score }, at) =>
        label === expected.labels[at].label && Math.abs(score - expected.labels[at].score) < SAME_SCORE,
    )
  );
}
