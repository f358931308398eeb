import type { AttemptError, DeliveryStatus, EventType } from '@heddle/contracts';

/** A delivery as the API shows it. */
export interface DeliveryRecord {
  id: string;
  /** Null for the URL of a job. */
  endpointId: string | null;
  eventId: string;
  eventType: EventType;
  url: string;
  status: DeliveryStatus;
  attempt: number;
  nextAttemptAt: Date | null;
  createdAt: Date;
  deliveredAt: Date | null;
  attempts: AttemptRecord[];
}

/** One attempt as it was written down; `at`: text of JSON. */
interface AttemptRecord {
  number: number;
  at: string;
  durationMs: number;
  statusCode: number | null;
  error: AttemptError | null;
  responseExcerpt: string | null;
}

/** A delivery that this process holds until its lease ends. */
export interface ClaimedDelivery {
  id: string;
  tenantId: string;
  /** The number of the attempt that begins, and the fence of what comes of it. */
  attempt: number;
  /** Failures so far, since it was first sent or sent again by hand. */
  failures: number;
  eventId: string;
  objectId: string;
  endpointId: string | null;
  url: string;
  /** When it was taken, by the database's clock: its lease began. */
  claimedAt: Date;
}

/** What came of an attempt. */
export interface DeliveryOutcome {
  id: string;
  attempt: number;
  durationMs: number;
  statusCode: number | null;
  /** Null: it succeeded. */
  error: AttemptError | null;
  excerpt: string | null;
  /** Seconds until the next attempt; null: there is none. */
  retryInS: number | null;
  /** The receiver wants no more of it, ever. */
  gone: boolean;
}
