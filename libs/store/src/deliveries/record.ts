import { HeddleError } from '@heddle/contracts';
import { Coalescer } from '../database/coalescer.js';
import type { Database } from '../database/database.js';
import { EMITTED_AGAIN } from '../events/emit.js';
import type { DeliveryOutcome } from './delivery.entity.js';

/** An endpoint is disabled when it has failed for so long, and so often, and never succeeded in between. */
const FAILING_DAYS = 5;
const FAILING_ATTEMPTS = 10;
/** Outcomes that are written down together at most. */
const GROUP = 64;
/** Deliveries that stop waiting in the statement that disables their endpoint; the others do when they are due. */
const SKIPPED_AT_ONCE = 1_000;
/** The newest attempts of a delivery are kept: whoever sends one again and again shall not fill lists with them. */
const KEPT_ATTEMPTS = 25;

export type RecordOutcome = (outcome: DeliveryOutcome) => Promise<boolean>;

/**
 * Writes down what came of an attempt: the attempt, what becomes of its delivery, how its endpoint does, and the event
 * of an endpoint that is disabled by it. Those that end at the same time share a statement. False when the delivery was
 * not this attempt's any more: nothing was written. A success is also taken after the lease while nobody has begun another
 * attempt. Errors: `overloaded`; it may have been written all the same, and may be tried again.
 */
export function openRecord(database: Database): RecordOutcome {
  const mayBeOnes = (error: unknown) => !(error instanceof HeddleError);
  const group = new Coalescer<DeliveryOutcome, boolean>((outcomes) => record(database, outcomes), GROUP, {
    mayBeOnes,
  });
  return (outcome) => group.run(outcome);
}

async function record(database: Database, outcomes: DeliveryOutcome[]): Promise<boolean[]> {
  const list = <T>(value: (outcome: DeliveryOutcome) => T) => outcomes.map(value);
  const rows = await database.query<{ id: string }>(
    RECORD,
    [
      list(({ id }) => id),
      list(({ attempt }) => attempt),
      list(({ durationMs }) => Math.round(durationMs)),
      list(({ statusCode }) => statusCode),
      list(({ error }) => error),
      list(({ excerpt }) => excerpt),
      list(({ retryInS }) => retryInS),
      list(({ gone }) => gone),
    ],
    'kept',
  );
  const written = new Set(rows.map(({ id }) => id));
  return outcomes.map(({ id }) => written.has(id));
}

/** Endpoint `e` after the attempts of `t`, when it has failed for long enough to be disabled. */
const FAILS_FOR_GOOD = `t.failures > 0 AND NOT t.succeeded AND e.consecutive_failures + t.failures >= ${FAILING_ATTEMPTS}
  AND coalesce(e.failing_since < now() - make_interval(days => ${FAILING_DAYS}), false)`;

const RECORD = `
  WITH given AS (
    SELECT * FROM unnest($1::uuid[], $2::int[], $3::int[], $4::int[], $5::text[], $6::text[], $7::float8[], $8::boolean[])
      AS g (id, attempt, duration_ms, status_code, error, excerpt, retry_in_s, gone)),
  -- Against a purge, and before the deliveries, as retention has it. What was sent before the texts were erased may be in
  -- the answer.
  told AS MATERIALIZED (
    SELECT v.id, v.erased_at FROM webhook_events v
     WHERE v.id IN (SELECT d.event_id FROM webhook_deliveries d JOIN given g ON g.id = d.id) ORDER BY v.id FOR SHARE),
  held AS MATERIALIZED (
    SELECT g.id, g.attempt, g.duration_ms, g.status_code, g.error, CASE WHEN v.erased_at IS NULL THEN g.excerpt END AS excerpt,
           g.retry_in_s, g.gone, d.tenant_id, d.endpoint_id, d.event_type
      FROM webhook_deliveries d JOIN given g ON g.id = d.id AND g.attempt = d.attempt JOIN told v ON v.id = d.event_id
     WHERE d.status = 'delivering' OR (d.status = 'pending' AND g.error IS NULL AND NOT EXISTS (
             SELECT FROM webhook_attempts a WHERE a.delivery_id = g.id AND a.number = g.attempt))
     ORDER BY d.id FOR NO KEY UPDATE OF d),
  -- In one order, so that two processes never wait for each other.
  locked AS MATERIALIZED (
    SELECT e.id, e.enabled FROM webhook_endpoints e WHERE e.id IN (SELECT endpoint_id FROM held)
     ORDER BY e.id FOR NO KEY UPDATE),
  totals AS (
    SELECT endpoint_id, count(error)::int AS failures, count(*) > count(error) AS succeeded, bool_or(gone) AS gone
      FROM held WHERE endpoint_id IS NOT NULL GROUP BY endpoint_id),
  after AS (
    UPDATE webhook_endpoints e SET
           last_success_at = CASE WHEN t.succeeded THEN now() ELSE e.last_success_at END,
           last_failure_at = CASE WHEN t.failures > 0 THEN now() ELSE e.last_failure_at END,
           consecutive_failures = CASE WHEN t.succeeded THEN 0 ELSE e.consecutive_failures + t.failures END,
           failing_since = CASE WHEN NOT t.succeeded THEN coalesce(e.failing_since, now()) END,
           enabled = e.enabled AND NOT (t.gone OR (${FAILS_FOR_GOOD})),
           disabled_reason = CASE WHEN NOT e.enabled THEN e.disabled_reason WHEN t.gone THEN 'gone'
                                  WHEN ${FAILS_FOR_GOOD} THEN 'failing' END
      FROM totals t JOIN locked l ON l.id = t.endpoint_id WHERE e.id = l.id
    RETURNING e.id, e.tenant_id, e.enabled AND e.deleted_at IS NULL AS live, l.enabled AND NOT e.enabled AS disabled,
              e.disabled_reason),
  done AS (
    UPDATE webhook_deliveries d SET
           status = CASE WHEN h.error IS NULL THEN 'delivered' WHEN h.retry_in_s IS NULL THEN 'exhausted'
                         WHEN a.live OR a.id IS NULL OR h.event_type = 'webhook.test' THEN 'pending' ELSE 'skipped' END,
           next_attempt_at = CASE WHEN h.error IS NOT NULL AND (a.live OR a.id IS NULL OR h.event_type = 'webhook.test')
                                  THEN now() + make_interval(secs => h.retry_in_s) END,
           lease_until = NULL, silences = 0, failures = d.failures + (h.error IS NOT NULL)::int,
           delivered_at = CASE WHEN h.error IS NULL THEN now() END
      FROM held h LEFT JOIN after a ON a.id = h.endpoint_id WHERE d.id = h.id RETURNING d.id),
  attempts AS (
    INSERT INTO webhook_attempts (delivery_id, number, tenant_id, at, duration_ms, status_code, error, response_excerpt)
    SELECT id, attempt, tenant_id, now() - make_interval(secs => duration_ms / 1000.0), duration_ms, status_code, error, excerpt
      FROM held),
  forgotten AS (
    DELETE FROM webhook_attempts a USING held h WHERE a.delivery_id = h.id AND a.number <= h.attempt - ${KEPT_ATTEMPTS}),
  waiting AS (
    SELECT w.id FROM after a CROSS JOIN LATERAL (
      SELECT id FROM webhook_deliveries d WHERE d.lane = a.id AND d.status = 'pending'
       LIMIT ${SKIPPED_AT_ONCE} FOR UPDATE SKIP LOCKED) w WHERE a.disabled),
  skipped AS (
    UPDATE webhook_deliveries d SET status = 'skipped', next_attempt_at = NULL FROM waiting w WHERE d.id = w.id),
  changes AS MATERIALIZED (
    SELECT tenant_id, 'webhook.disabled' AS type, id AS object_id, new_uuidv7() AS occurrence, 1 AS sequence,
           json_build_object('endpoint', id, 'reason', disabled_reason) AS data, NULL::text AS url, NULL::text[] AS patterns,
           id AS except_id
      FROM after WHERE disabled),
  ${EMITTED_AGAIN}
  SELECT id FROM done`;
