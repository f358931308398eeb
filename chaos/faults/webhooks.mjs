/** Faults of receivers of webhooks, and of secrets that change. */
import { setTimeout as sleep } from 'node:timers/promises';
import { TestClient } from '@heddle/testing';
import { newSecret } from '@heddle/webhooks';
import { subscribeReceiver } from '../receiver.mjs';
import { addTenant } from '../system.mjs';

const STEPS = [1, 2, 2, 3, 5, 5];
const env = {
  HEDDLE_WEBHOOK_ALLOW_HTTP: 'true',
  HEDDLE_WEBHOOK_ALLOW_CIDRS: '127.0.0.0/8',
  HEDDLE_WEBHOOK_SCHEDULE: STEPS.join(','),
};
const JITTER = 0.2;
/** A wait ends when a dispatcher looks, within a quarter of a second, and on a busy machine later. */
const SLACK_S = 3;
/** How long a request that nobody answers takes its place; what comes next may meet two of them, one after the other. */
const UNANSWERED_S = 15;
const STUCK = 10_000;
const MAX_P95_MS = 5_000;

export const WEBHOOK_FAULTS = [
  {
    id: 'F29',
    what: 'the receiver answers 500, 429, resets after it has read, or not at all',
    env,
    inject: async ({ client, ledger, brief }) => {
      let events = 0;
      const receiver = await subscribeReceiver(client, (response, request, attempt) => {
        const kind = attempt > 2 ? 4 : events++ % 5;
        if (kind === 0) response.writeHead(500).end();
        else if (kind === 1) response.writeHead(429, { 'retry-after': '2' }).end();
        else if (kind === 2) request.socket.resetAndDestroy();
        // One in a thousand: each takes one of the few places of an endpoint for 15 s, and what comes again waits for those.
        else if (kind === 3 && events % 1_000 === 4) return;
        else response.writeHead(204).end();
      });
      ledger.receivers.push(receiver);
      await sleep(brief ? 10_000 : 60_000);
      let retried = 0;
      for (const [id, attempts] of receiver.received) {
        for (const [i, { at, timestamp }] of attempts.slice(1).entries()) {
          const waitedS = (at - attempts[i].at) / 1000;
          retried++;
          if (waitedS < STEPS[i] * (1 - JITTER) - 0.1) throw new Error(`${id} came again after ${waitedS} s`);
          if (timestamp - attempts[i].timestamp < Math.floor(waitedS) - 1)
            throw new Error(`${id} came again with an old timestamp`);
          if (waitedS > 2 * STEPS[i] + 2 * UNANSWERED_S + SLACK_S)
            throw new Error(`${id} came again only after ${waitedS} s`);
        }
      }
      if (retried === 0) throw new Error('nothing was sent again');
      return { events: receiver.received.size, sent_again: retried };
    },
  },
  {
    id: 'F31',
    what: 'an endpoint of another tenant with 10,000 events does not answer',
    env,
    inject: async ({ client, heddle, ledger, brief }) => {
      const receiver = await subscribeReceiver(client);
      ledger.receivers.push(receiver);
      const other = new TestClient(heddle.url, await addTenant(heddle.database.url, 'dead', ['manage']));
      const dead = await subscribeReceiver(other, () => undefined);
      try {
        await heddle.database.query(
          `WITH e AS (SELECT id, tenant_id FROM webhook_endpoints WHERE url = '${dead.url}'),
                made AS (INSERT INTO webhook_events (id, tenant_id, type, object_id, data)
                  SELECT new_uuidv7(), tenant_id, 'alias.changed', gen_random_uuid(), '{}' FROM e, generate_series(1, ${STUCK})
                  RETURNING id, tenant_id)
           INSERT INTO webhook_deliveries (id, tenant_id, event_id, event_type, endpoint_id, lane, next_attempt_at)
           SELECT new_uuidv7(), made.tenant_id, made.id, 'alias.changed', e.id, e.id, now() FROM made, e`,
        );
        const from = Date.now();
        await sleep(brief ? 10_000 : 60_000);
        const delays = [];
        for (const [first] of receiver.received.values()) {
          const { completed_at } = JSON.parse(first.body).data;
          if (Date.parse(completed_at) >= from) delays.push(first.at - Date.parse(completed_at));
        }
        delays.sort((a, b) => a - b);
        const p95 = delays[Math.floor(delays.length * 0.95)];
        if (!(p95 < MAX_P95_MS)) throw new Error(`p95 of ${delays.length} deliveries: ${p95} ms`);
        return { deliveries: delays.length, p95_ms: p95 };
      } finally {
        await other.request('PATCH', `/v1/webhooks/${dead.id}`, { enabled: false });
        await dead.close();
      }
    },
  },
  {
    id: 'F32',
    what: 'the secret of an endpoint changes every half second',
    env,
    inject: async ({ client, ledger, brief }) => {
      const receiver = await subscribeReceiver(client);
      ledger.receivers.push(receiver);
      const { secrets } = receiver;
      const until = Date.now() + (brief ? 5_000 : 30_000);
      while (Date.now() < until) {
        // Known to the receiver first, as a careful owner does it.
        secrets.push(newSecret());
        const body = { secret: secrets.at(-1), grace_s: 60 };
        await client.request('POST', `/v1/webhooks/${receiver.id}/rotate-secret`, body);
        await sleep(500);
      }
      const signedBy = [...receiver.received.values()].flat().map((attempt) => attempt.signedBy);
      if (signedBy.length === 0) throw new Error('nothing was sent');
      // The current one, and those before it one after another.
      const apart = signedBy.filter((good) => good.length === 0 || good.at(-1) - good[0] >= good.length);
      if (apart.length > 0) throw new Error(`${apart.length} deliveries verify with neither old nor new`);
      return { deliveries: signedBy.length, secrets: secrets.length };
    },
  },
];
