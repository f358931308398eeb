import type { Database } from '../database/database.js';
import type { ClaimedDelivery } from './delivery.entity.js';

/** Requests in flight of one lane of jobs' URLs; an endpoint has a number of its own. */
const MAX_IN_FLIGHT = 8;
/** Requests in flight of a tenant, over all its lanes; and those that may go to lanes which have one in flight already. */
const OF_TENANT = { all: 64, more: 48 } as const;
/** Deliveries that stop waiting in one statement because their endpoint is disabled or gone. */
const SKIPPED_AT_ONCE = 1_000;
/** As many that are due are looked at one by one; of more, their lanes are. */
const LOOKED_AT = 1_000;
/** Times that a delivery's process may fall silent, one after another, before it is given up. */
const MAX_SILENCES = 20;

export interface Slots {
  /** Deliveries that may be taken. */
  free: number;
  /** Those of them that may go to lanes which have one in flight already. */
  freeForMore: number;
}

/**
 * Takes deliveries that are due, fairly by lane and by tenant: first one of each lane that has none in flight, then more
 * of each, up to what a lane and a tenant may have in flight over all processes; of equals that of the tenant which has
 * fewer in flight, then the one that has waited longest. So a lane with ten thousand that nobody answers, or a tenant
 * with many such lanes, takes its few places and delays no other.
 *
 * The cost follows the number of lanes and not the length of their queues, and a tenant has few lanes: rows are read for
 * as many lanes as there are places, and locked when they are chosen.
 *
 * One process at a time takes deliveries; `null`: another one does just now. Those of endpoints that are disabled or
 * deleted are skipped on the way, save tests of the former.
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

/** Events of a prediction in the order in which they are told. */
const RANK = (type: string) =>
  `array_position(ARRAY['prediction.start', 'prediction.output', 'prediction.completed'], ${type})`;

const HEAD = 'lane, tenant_id, next_attempt_at';
const FIRST_OF_LANE = 'ORDER BY lane, next_attempt_at LIMIT 1';
const DUE = "w.status = 'pending' AND w.next_attempt_at <= now()";
/** What a tenant's request may be, counted over all that it has in flight, where its lane has that many before it. */
const WITHIN_TENANT = (before: string) =>
  `tenant_rank <= CASE WHEN ${before} = 0 THEN ${OF_TENANT.all} ELSE ${OF_TENANT.more} END`;

/**
 * Whether an event of a prediction waits for one that is told before it: the first attempt of that one is yet to end. What has
 * failed once, or whose process fell silent, holds nothing up. A subquery of one value, for EXISTS would be planned as a look
 * at all deliveries of that type.
 */
const HELD = `w.event_type LIKE 'prediction.%' AND (
  SELECT true FROM webhook_events mine JOIN webhook_events earlier ON earlier.object_id = mine.object_id
    JOIN webhook_deliveries d ON d.event_id = earlier.id
   WHERE mine.id = w.event_id AND earlier.type LIKE 'prediction.%' AND ${RANK('earlier.type')} < ${RANK('mine.type')}
     AND d.status IN ('pending', 'delivering') AND d.failures = 0 AND d.silences = 0 LIMIT 1)`;

const CLAIM = `
  WITH RECURSIVE oldest AS MATERIALIZED (
    SELECT ${HEAD} FROM webhook_deliveries w WHERE ${DUE} ORDER BY next_attempt_at LIMIT ${LOOKED_AT}),
  -- Of a longer backlog all lanes, by skipping from one to the next in the index.
  walked AS (
    (SELECT ${HEAD} FROM webhook_deliveries
      WHERE status = 'pending' AND (SELECT count(*) FROM oldest) = ${LOOKED_AT} ${FIRST_OF_LANE})
    UNION ALL
    SELECT next.lane, next.tenant_id, next.next_attempt_at FROM walked l CROSS JOIN LATERAL (
      SELECT ${HEAD} FROM webhook_deliveries WHERE status = 'pending' AND lane > l.lane ${FIRST_OF_LANE}) next),
  lanes AS (
    SELECT lane, tenant_id, min(next_attempt_at) AS head
      FROM (SELECT * FROM oldest UNION ALL SELECT * FROM walked WHERE next_attempt_at <= now()) heads GROUP BY lane, tenant_id),
  busy AS MATERIALIZED (
    SELECT lane, tenant_id, count(*)::int AS count FROM webhook_deliveries
     WHERE status = 'delivering' AND lease_until > now() GROUP BY lane, tenant_id),
  due AS MATERIALIZED (
    SELECT l.*, coalesce(b.count, 0) AS busy, coalesce(t.count, 0) AS tenant_busy,
           e.deleted_at IS NOT NULL AS deleted, e.id IS NULL OR (e.enabled AND e.deleted_at IS NULL) AS live,
           coalesce(e.max_in_flight, ${MAX_IN_FLIGHT}) - coalesce(b.count, 0) AS room
      FROM lanes l LEFT JOIN busy b USING (lane) LEFT JOIN webhook_endpoints e ON e.id = l.lane
      LEFT JOIN (SELECT tenant_id, sum(count)::int AS count FROM busy GROUP BY tenant_id) t ON t.tenant_id = l.tenant_id),
  turns AS (
    SELECT * FROM (
      SELECT due.*, tenant_busy + row_number() OVER (PARTITION BY tenant_id ORDER BY busy, head) AS tenant_rank
        FROM due WHERE room > 0 AND NOT deleted) ranked
     WHERE ${WITHIN_TENANT('busy')} ORDER BY busy > 0, tenant_rank, head LIMIT $1::int),
  candidates AS (
    SELECT d.id, d.next_attempt_at, t.tenant_id, t.tenant_busy,
           t.busy + row_number() OVER (PARTITION BY t.lane ORDER BY d.next_attempt_at) - 1 AS before
      FROM turns t CROSS JOIN LATERAL (
        SELECT id, next_attempt_at FROM webhook_deliveries w
         WHERE w.lane = t.lane AND ${DUE} AND (t.live OR w.event_type = 'webhook.test') AND (${HELD}) IS NOT TRUE
         ORDER BY w.lane, w.next_attempt_at LIMIT t.room) d),
  placed AS (
    SELECT id, before, row_number() OVER (ORDER BY before > 0, tenant_rank, next_attempt_at) AS place FROM (
      SELECT c.*, tenant_busy + row_number() OVER (PARTITION BY tenant_id ORDER BY before, next_attempt_at) AS tenant_rank
        FROM candidates c) ranked
     WHERE ${WITHIN_TENANT('before')}),
  sent AS (
    SELECT w.id FROM placed p JOIN webhook_deliveries w USING (id)
     WHERE p.place <= CASE WHEN p.before = 0 THEN $1::int ELSE $2::int END AND ${DUE} FOR UPDATE OF w SKIP LOCKED),
  stopped AS (
    SELECT s.id FROM due CROSS JOIN LATERAL (
      SELECT id FROM webhook_deliveries w WHERE w.lane = due.lane AND ${DUE} AND (due.deleted OR w.event_type <> 'webhook.test')
       LIMIT ${SKIPPED_AT_ONCE} FOR UPDATE SKIP LOCKED) s WHERE NOT due.live LIMIT ${SKIPPED_AT_ONCE}),
  skipped AS (
    UPDATE webhook_deliveries d SET status = 'skipped', next_attempt_at = NULL FROM stopped s WHERE d.id = s.id),
  taken AS (
    UPDATE webhook_deliveries d SET
           status = 'delivering', next_attempt_at = NULL, lease_until = now() + make_interval(secs => $3::int / 1000.0),
           attempt = d.attempt + 1, url = coalesce((SELECT e.url FROM webhook_endpoints e WHERE e.id = d.endpoint_id), d.url)
      FROM sent s WHERE d.id = s.id
    RETURNING d.id, d.tenant_id, d.attempt, d.failures, d.event_id, d.endpoint_id, d.url)
  SELECT t.id, t.tenant_id AS "tenantId", t.attempt, t.failures, t.event_id AS "eventId", v.object_id AS "objectId",
         t.endpoint_id AS "endpointId", t.url, now() AS "claimedAt"
    FROM taken t JOIN webhook_events v ON v.id = t.event_id`;

/**
 * Deliveries whose process fell silent wait again: at once, and longer each time in a row, an hour at most. What so many
 * processes did not survive is given up, about half a day after the first. Returns how many.
 */
export async function giveBackSilent(database: Database): Promise<number> {
  const rows = await database.query(
    `UPDATE webhook_deliveries SET silences = silences + 1, lease_until = NULL,
            status = CASE WHEN silences + 1 < ${MAX_SILENCES} THEN 'pending' ELSE 'exhausted' END,
            next_attempt_at = CASE WHEN silences + 1 < ${MAX_SILENCES}
              THEN now() + CASE WHEN silences > 0 THEN least(interval '5 s' * 2 ^ silences, interval '1 h') ELSE interval '0' END END
      WHERE id IN (
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
