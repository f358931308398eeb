import type { EventType } from '@heddle/contracts';
import type { BatchRecord } from '../batches/batch.entity.js';
import type { EvaluationRecord } from '../evaluations/evaluation.entity.js';
import type { MeasuredJob } from '../jobs/read.js';
import type { VersionRecord } from '../versions/version.entity.js';
import type { WebhookRecord } from '../webhooks/webhook.entity.js';

/** An event whose body is to be made, with what it tells of. */
export interface EventSource {
  id: string;
  type: EventType;
  createdAt: Date;
  sequence: number;
  objectId: string;
  /** What could not be read of the object later. */
  data: Record<string, unknown> | null;
  /** The texts of its job were erased: a body that holds them is not kept. */
  erased: boolean;
  /** Of a job: as it is now; what is large of it is left out, and measured. Null where its row is gone. */
  job: MeasuredJob | null;
  /** Of a batch: as it is now. Null where its row is gone. */
  batch: BatchRecord | null;
  /** Of an evaluation, likewise. */
  evaluation: EvaluationRecord | null;
  version: VersionRecord | null;
  webhook: WebhookRecord | null;
}

/** The text that is sent for an event. */
export interface EventBody {
  id: string;
  body: string;
  /** As the source had it. */
  erased: boolean;
}

/** What is sent for an event. */
export interface KeptBody {
  body: string;
  /** Of the request that made its job; null where there is none. */
  traceparent: string | null;
}
