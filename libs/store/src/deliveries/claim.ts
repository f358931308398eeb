import type { Database } from '../database/database.js';
import type { ClaimedDelivery } from './delivery.entity.js';

/** Requests in flight to one origin of jobs' URLs; an endpoint has a number of its own. */
const MAX_IN_FLIGHT = 8;
/** Deliveries to an endpoint that is disabled or gone that stop waiting in one statement. */
const SKIPPED_AT_ONCE = 1_000;

export interface Slots {
  /** Deliveries that may be taken. */
  free: number;
  /** Those of them that may go to lanes which have one in flight already. */
  freeForMore: number;
}

/**
 * Takes deliveries that are due, fairly by lane: first one of each lane that has none in flight, then a second one of
 * each, up to what a lane may have in flight over all processes. So a lane with ten thousand that nobody answers takes
 * its few places and delays no other. Lanes are found by skipping from one to the next in the index, so the cost follows
 * their number and not the length of their queues.
 *
 * One process at a time takes deliveries; `null`: another one does just now. Those of endpoints that are disabled or
 * deleted are skipped on the way.
 */
export async function claimDeliveries(
  database: Database,
  slots: Slots,
  leaseMs: number,
): Promise<ClaimedDelivery[] | null> {
  return database.transaction(async (query) => {
    // Before the statement that counts what is in flight: its snapshot then has all that others took.
    const [turn] = await query<{ mine: boolean }>(
      `SELECT pg_try_advisory_xact_lock(hashtextextended('heddle webhook deliveries', 0)) AS mine`,
      [],
      'kept',
    );
    if (!turn!.mine) return null;
    return query<ClaimedDelivery>(CLAIM, [slots.free, slots.freeForMore, leaseMs], 'kept');
  });
}

const FIRST_OF_LANE = 'ORDER BY lane, next_attempt_at LIMIT 1';
const CLAIM = `
  WITH RECURSIVE lanes AS (
    (SELECT lane, next_attempt_at FROM webhook_deliveries WHERE status = 'pending' ${FIRST_OF_LANE})
    UNION ALL
    SELECT next.lane, next.next_attempt_at FROM lanes l CROSS JOIN LATERAL (
      SELECT lane, next_attempt_at FROM webhook_deliveries WHERE status = 'pending' AND lane > l.lane ${FIRST_OF_LANE}) next),
  busy AS MATERIALIZED (
    SELECT lane, count(*)::int AS count FROM webhook_deliveries
     WHERE status = 'delivering' AND lease_until > now() GROUP BY lane),
  due AS MATERIALIZED (
    SELECT l.lane, coalesce(b.count, 0) AS busy, e.deleted_at IS NOT NULL AS deleted, e.id IS NULL OR (e.enabled AND e.deleted_at IS NULL) AS live,
           greatest(coalesce(e.max_in_flight, ${MAX_IN_FLIGHT}) - coalesce(b.count, 0), 0) AS room
      FROM lanes l LEFT JOIN busy b USING (lane) LEFT JOIN webhook_endpoints e ON e.id = l.lane
     WHERE l.next_attempt_at <= now()),
  candidates AS (
    SELECT d.id, live OR (d.event_type = 'webhook.test' AND NOT deleted) AS sent,
           due.busy + row_number() OVER (PARTITION BY due.lane ORDER BY d.next_attempt_at) AS rank
      FROM due CROSS JOIN LATERAL (
        SELECT id, event_type, next_attempt_at FROM webhook_deliveries w
         WHERE w.lane = due.lane AND w.status = 'pending' AND w.next_attempt_at <= now()
         ORDER BY w.lane, w.next_attempt_at LIMIT CASE WHEN live THEN room ELSE ${SKIPPED_AT_ONCE} END FOR UPDATE SKIP LOCKED) d),
  chosen AS (
    SELECT id, sent FROM (SELECT id, sent, rank, row_number() OVER (PARTITION BY sent ORDER BY rank) AS place FROM candidates) c
     WHERE NOT sent OR place <= CASE WHEN rank = 1 THEN $1::int ELSE $2::int END),
  taken AS (
    UPDATE webhook_deliveries d SET
           status = CASE WHEN c.sent THEN 'delivering' ELSE 'skipped' END, next_attempt_at = NULL,
           lease_until = CASE WHEN c.sent THEN now() + make_interval(secs => $3::int / 1000.0) END,
           attempt = d.attempt + c.sent::int,
           url = coalesce((SELECT e.url FROM webhook_endpoints e WHERE e.id = d.endpoint_id), d.url)
      FROM chosen c WHERE d.id = c.id
    RETURNING d.id, d.tenant_id, d.attempt, d.failures, d.event_id, d.endpoint_id, d.url, c.sent)
  SELECT t.id, t.tenant_id AS "tenantId", t.attempt, t.failures, t.event_id AS "eventId", v.object_id AS "objectId",
         t.endpoint_id AS "endpointId", t.url
    FROM taken t JOIN webhook_events v ON v.id = t.event_id WHERE t.sent`;

/** Deliveries whose process fell silent wait again. Returns how many. */
export async function giveBackSilent(database: Database): Promise<number> {
  const rows = await database.query(
    `UPDATE webhook_deliveries SET status = 'pending', next_attempt_at = now(), lease_until = NULL WHERE id IN (
       SELECT id FROM webhook_deliveries WHERE status = 'delivering' AND lease_until < now() LIMIT 1000 FOR UPDATE SKIP LOCKED)
     RETURNING id`,
    [],
    'kept',
  );
  return rows.length;
}

/** Gives deliveries back that were not sent. */
export async function releaseDeliveries(
  database: Database,
  held: { id: string; attempt: number }[],
): Promise<void> {
  await database.query(
    `UPDATE webhook_deliveries d SET status = 'pending', next_attempt_at = now(), lease_until = NULL
       FROM unnest($1::uuid[], $2::int[]) AS held (id, attempt)
      WHERE d.id = held.id AND d.attempt = held.attempt AND d.status = 'delivering'`,
    [held.map(({ id }) => id), held.map(({ attempt }) => attempt)],
  );
}

/** Milliseconds until one is due, or its process has been silent for too long; not above 0 when one is; null: none waits. */
export async function untilDueMs(database: Database): Promise<number | null> {
  const [row] = await database.query<{ ms: number | null }>(
    `SELECT (extract(epoch FROM least(
              (SELECT min(next_attempt_at) FROM webhook_deliveries WHERE status = 'pending'),
              (SELECT min(lease_until) FROM webhook_deliveries WHERE status = 'delivering')) - now()) * 1000)::float8 AS ms`,
    [],
    'kept',
  );
  return row!.ms;
}

/** Deliveries that wait or are under way, of all tenants. */
export async function countOpen(database: Database): Promise<number> {
  const [row] = await database.query<{ count: number }>(
    `SELECT ((SELECT count(*) FROM webhook_deliveries WHERE status = 'pending')
           + (SELECT count(*) FROM webhook_deliveries WHERE status = 'delivering'))::int AS count`,
  );
  return row!.count;
}
