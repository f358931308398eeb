import type { EventType } from '@heddle/contracts';
import type { Query } from '../database/statement.js';

/** `occurrence` of an event that an object has once. */
const ONCE = "'00000000-0000-0000-0000-000000000000'::uuid";

/** What endpoints may have subscribed to, to be told of an event of that type. */
const ASKED = (type: string) => `ARRAY[${type}, split_part(${type}, '.', 1) || '.*', '*']`;

/** Endpoints `e` that are told of row `c` of the changes. */
const SUBSCRIBED = (
  c: string,
) => `e.tenant_id = ${c}.tenant_id AND e.deleted_at IS NULL AND e.events && ${ASKED(`${c}.type`)}
  AND e.id IS DISTINCT FROM ${c}.except_id AND ${c}.type NOT LIKE 'prediction.%'`;

/** Whether the URL that came with row `c` is told. */
const OWN_URL = (c: string) => `${c}.url IS NOT NULL AND ${c}.patterns && ${ASKED(`${c}.type`)}`;

/**
 * Deliveries to URLs of one tenant and origin share a lane, so that a dead host delays few others. A tenant has sixteen
 * of them, by a hexadecimal digit, however many origins it names: lanes are what the claim of deliveries costs.
 */
const LANE_OF_URL = (c: string) =>
  `md5(${c}.tenant_id::text || left(md5(coalesce(lower(substring(${c}.url FROM '^[a-zA-Z]+://[^/?#]+')), ${c}.url)), 1))::uuid`;

/**
 * CTEs for the statement that makes a change: an event and its deliveries for every row of the CTE `changes`, where
 * somebody is to be told. So an event is there exactly when its change is. Nobody subscribed: nothing is written.
 *
 * `changes`: tenant_id, type, object_id, occurrence, sequence, data, url and patterns (of the object's own webhook),
 * except_id (an endpoint that is not told). The CTE `emitted` has the ids of the events.
 */
const EMITTED = emittedWith('c.sequence');

/** The same for changes that an object may have many of, which it numbers: 1, 2, … whether anybody is told or not. */
export const EMITTED_AGAIN = `
  numbered AS (
    INSERT INTO webhook_event_sequences AS s (object_id, tenant_id, last)
    SELECT DISTINCT c.object_id, c.tenant_id, 1 FROM changes c WHERE c.occurrence <> ${ONCE}
    ON CONFLICT (object_id) DO UPDATE SET last = s.last + 1 RETURNING object_id, last),
  ${emittedWith('coalesce((SELECT n.last FROM numbered n WHERE n.object_id = c.object_id), c.sequence)')}`;

function emittedWith(sequence: string): string {
  return `
  emitted AS (
    INSERT INTO webhook_events (id, tenant_id, type, object_id, occurrence, sequence, data)
    SELECT new_uuidv7(), c.tenant_id, c.type, c.object_id, c.occurrence, ${sequence}, c.data FROM changes c
     WHERE (${OWN_URL('c')}) OR EXISTS (SELECT FROM webhook_endpoints e WHERE ${SUBSCRIBED('c')})
    ON CONFLICT (object_id, type, occurrence) DO NOTHING RETURNING id, object_id, type, occurrence),
  addressed AS (
    INSERT INTO webhook_deliveries (id, tenant_id, event_id, event_type, endpoint_id, url, lane, status, next_attempt_at)
    SELECT new_uuidv7(), c.tenant_id, v.id, c.type, e.id, NULL, e.id, CASE WHEN e.enabled THEN 'pending' ELSE 'skipped' END,
           CASE WHEN e.enabled THEN now() END
      FROM emitted v JOIN changes c USING (object_id, type, occurrence) JOIN webhook_endpoints e ON ${SUBSCRIBED('c')}
    UNION ALL
    SELECT new_uuidv7(), c.tenant_id, v.id, c.type, NULL, c.url, ${LANE_OF_URL('c')}, 'pending', now()
      FROM emitted v JOIN changes c USING (object_id, type, occurrence) WHERE ${OWN_URL('c')})`;
}

/** What a statement that changes jobs `j` returns of them, for `JOB_EVENTS`. */
export const CHANGED_JOB = 'j.tenant_id, j.state, j.sequence, j.source, j.webhook_url, j.webhook_events';

/** Jobs of a batch or an evaluation say nothing of themselves: the whole does. Nobody is told of second runs. */
const SPEAKS = (job: string) => `${job}.source NOT IN ('batch', 'evaluation', 'shadow')`;

/**
 * CTEs with the events of jobs that the CTE `changed` returns (`id` and `CHANGED_JOB`), those of them that fulfil
 * `which`: the event of the state that they are in; of predictions also those that their own URL is told of, in their own
 * form.
 */
export const jobEvents = (changed: string, which = 'true') => `
  changes AS (
    SELECT c.tenant_id, 'job.' || CASE c.state WHEN 'running' THEN 'started' ELSE c.state END AS type, c.id AS object_id,
           ${ONCE} AS occurrence, c.sequence, NULL::json AS data, c.webhook_url AS url, c.webhook_events AS patterns,
           NULL::uuid AS except_id
      FROM ${changed} c WHERE ${SPEAKS('c')} AND (${which})
    UNION ALL
    SELECT c.tenant_id, 'prediction.' || e.name, c.id, ${ONCE}, c.sequence, NULL::json, c.webhook_url, c.webhook_events, NULL::uuid
      FROM ${changed} c JOIN (VALUES ('start', ARRAY['running']), ('output', ARRAY['succeeded']),
             ('completed', ARRAY['succeeded', 'failed', 'canceled', 'expired'])) AS e (name, states) ON c.state = ANY (e.states)
     WHERE c.source = 'replicate' AND c.webhook_url IS NOT NULL AND (${which})),
  ${EMITTED}`;

/** What a statement that changes batches `b` returns of them, for `BATCH_EVENTS`. */
export const CHANGED_BATCH =
  'b.id, b.tenant_id, b.state, b.sequence, b.total, b.failed, b.webhook_url, b.webhook_events';

/**
 * CTEs with the events of batches that the CTE `changed` returns (`CHANGED_BATCH`): the event of the state that they are
 * in. That of one which has begun keeps its counts, for they go on.
 */
export const BATCH_EVENTS = `
  changes AS (
    SELECT c.tenant_id, 'batch.' || CASE c.state WHEN 'running' THEN 'started' ELSE c.state END AS type, c.id AS object_id,
           ${ONCE} AS occurrence, c.sequence,
           CASE c.state WHEN 'running' THEN json_build_object('total', c.total, 'failed', c.failed) END AS data,
           c.webhook_url AS url, c.webhook_events AS patterns, NULL::uuid AS except_id FROM changed c),
  ${EMITTED}`;

/** A change that is told of in the transaction that makes it. */
export interface ToldChange {
  tenantId: string;
  type: EventType;
  objectId: string;
  /** Of its own where an object may have many of the type. */
  occurrence?: string;
  /** What cannot be read of the object later. */
  data?: Record<string, unknown>;
}

/** Events and deliveries of changes that one statement cannot tell of; the endpoint `except` is not told. */
export async function emit(query: Query, changes: ToldChange[], except: string | null = null): Promise<void> {
  if (changes.length === 0) return;
  await query(
    `WITH changes AS (
       SELECT g.tenant_id, g.type, g.object_id, coalesce(g.occurrence, ${ONCE}) AS occurrence, 1 AS sequence, g.data,
              NULL::text AS url, NULL::text[] AS patterns, $6::uuid AS except_id
         FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::uuid[], $5::json[]) AS g (tenant_id, type, object_id, occurrence, data)),
     ${EMITTED_AGAIN}
     SELECT count(*) FROM emitted`,
    [
      changes.map((change) => change.tenantId),
      changes.map((change) => change.type),
      changes.map((change) => change.objectId),
      changes.map((change) => change.occurrence ?? null),
      changes.map((change) => (change.data ? JSON.stringify(change.data) : null)),
      except,
    ],
  );
}
