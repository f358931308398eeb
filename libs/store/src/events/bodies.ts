import { LIMITS } from '@heddle/contracts';
import type { BatchRecord } from '../batches/batch.entity.js';
import { BATCHES } from '../batches/read.js';
import type { Database } from '../database/database.js';
import type { EvaluationRecord } from '../evaluations/evaluation.entity.js';
import { EVALUATIONS } from '../evaluations/read.js';
import { type MeasuredJob, select } from '../jobs/read.js';
import { COLUMNS as VERSION_COLUMNS } from '../versions/read.js';
import type { VersionRecord } from '../versions/version.entity.js';
import { WEBHOOK_COLUMNS, type WebhookRecord } from '../webhooks/webhook.entity.js';
import type { EventBody, EventSource, KeptBody } from './event.entity.js';

/** Inputs, results and the rest, those above what a body may have left out. */
const JOB = select({ inputs: true, results: true }, LIMITS.maxWebhookBodyBytes);

/** Types of events that tell of a job. */
const OF_JOBS = "ARRAY['job.%', 'prediction.%']";
const EVENT = `w.id AS "eventId", w.type AS "eventType", w.created_at AS "eventCreatedAt", w.sequence AS "eventSequence",
  w.object_id AS "objectId", w.data, w.erased_at IS NOT NULL AS erased`;
interface EventRow {
  eventId: string;
  eventType: EventSource['type'];
  eventCreatedAt: Date;
  eventSequence: number;
  objectId: string;
  data: Record<string, unknown> | null;
  erased: boolean;
}

/** Events of any tenant that have no body yet, with what they tell of, as of one moment. */
export async function eventSources(database: Database, ids: string[]): Promise<EventSource[]> {
  // One statement for an event and its job: whether the texts were erased is said by what holds them.
  const jobs = await database.query<EventRow & { job: MeasuredJob | null } & Record<string, unknown>>(
    `SELECT ${EVENT}, job.* FROM webhook_events w LEFT JOIN LATERAL (${JOB} WHERE j.id = w.object_id) job ON true
      WHERE w.id = ANY ($1::uuid[]) AND w.body IS NULL AND w.type LIKE ANY (${OF_JOBS})`,
    [ids],
    'kept',
  );
  const others = await database.query<EventRow>(
    `SELECT ${EVENT} FROM webhook_events w WHERE w.id = ANY ($1::uuid[]) AND w.body IS NULL AND NOT w.type LIKE ANY (${OF_JOBS})`,
    [ids],
    'kept',
  );
  const objects = others.map(({ objectId }) => objectId);
  const batches = objects.length === 0 ? [] : await batchesOf(database, objects);
  const evaluations = objects.length === 0 ? [] : await evaluationsOf(database, objects);
  const versions = objects.length === 0 ? [] : await versionsOf(database, objects);
  const webhooks = objects.length === 0 ? [] : await webhooksOf(database, objects);
  return [
    ...jobs.map((row) => source(row, { job: row.id === null ? null : (row as unknown as MeasuredJob) })),
    ...others.map((row) =>
      source(row, {
        batch: batches.find(({ id }) => id === row.objectId) ?? null,
        evaluation: evaluations.find(({ id }) => id === row.objectId) ?? null,
        version: versions.find(({ id }) => id === row.objectId) ?? null,
        webhook: webhooks.find(({ id }) => id === row.objectId) ?? null,
      }),
    ),
  ];
}

/**
 * Keeps bodies of events that have none. One that was made of texts that have been erased since is not kept. Returns
 * what is sent of those of the events that have one.
 */
export async function keepBodies(
  database: Database,
  ids: string[],
  bodies: EventBody[],
): Promise<Map<string, KeptBody>> {
  if (bodies.length > 0) {
    await database.query(
      `UPDATE webhook_events v SET body = g.body FROM unnest($1::uuid[], $2::text[], $3::boolean[]) AS g (id, body, erased)
        WHERE v.id = g.id AND v.body IS NULL AND (v.erased_at IS NOT NULL) = g.erased`,
      [bodies.map(({ id }) => id), bodies.map(({ body }) => body), bodies.map(({ erased }) => erased)],
      'kept',
    );
  }
  const rows = await database.query<{ id: string } & KeptBody>(
    `SELECT w.id, w.body, j.traceparent FROM webhook_events w LEFT JOIN jobs j ON j.id = w.object_id
      WHERE w.id = ANY ($1::uuid[]) AND w.body IS NOT NULL`,
    [ids],
    'kept',
  );
  return new Map(rows.map(({ id, ...kept }) => [id, kept]));
}

function source(
  row: EventRow,
  object: Partial<Pick<EventSource, 'job' | 'batch' | 'evaluation' | 'version' | 'webhook'>>,
): EventSource {
  return {
    id: row.eventId,
    type: row.eventType,
    createdAt: row.eventCreatedAt,
    sequence: row.eventSequence,
    objectId: row.objectId,
    data: row.data,
    erased: row.erased,
    job: null,
    batch: null,
    evaluation: null,
    version: null,
    webhook: null,
    ...object,
  };
}

function batchesOf(database: Database, ids: string[]): Promise<BatchRecord[]> {
  return database.query<BatchRecord>(`${BATCHES} WHERE b.id = ANY ($1::uuid[])`, [ids]);
}

function evaluationsOf(database: Database, ids: string[]): Promise<EvaluationRecord[]> {
  return database.query<EvaluationRecord>(`${EVALUATIONS} WHERE e.id = ANY ($1::uuid[])`, [ids]);
}

function versionsOf(database: Database, ids: string[]): Promise<VersionRecord[]> {
  return database.query<VersionRecord>(
    `SELECT ${VERSION_COLUMNS} FROM versions v JOIN models m ON m.id = v.model_id WHERE v.id = ANY ($1::uuid[])`,
    [ids],
  );
}

function webhooksOf(database: Database, ids: string[]): Promise<WebhookRecord[]> {
  return database.query<WebhookRecord>(
    `SELECT ${WEBHOOK_COLUMNS} FROM webhook_endpoints e WHERE e.id = ANY ($1::uuid[])`,
    [ids],
  );
}
