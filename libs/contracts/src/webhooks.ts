import { z } from 'zod';
import { LIMITS } from './limits.js';
import { pageOf, publicIdOf, timestamp } from './shapes.js';
import { codePointLength, isPlainText, PLAIN_TEXT } from './text.js';
import { isTimestamp, TIMESTAMP_HELP } from './timestamps.js';

/** What happens that a tenant may be told of. */
export const JOB_EVENT_TYPES = [
  'job.started',
  'job.succeeded',
  'job.failed',
  'job.canceled',
  'job.expired',
] as const;
export const BATCH_EVENT_TYPES = [
  'batch.started',
  'batch.succeeded',
  'batch.failed',
  'batch.canceled',
  'batch.expired',
] as const;
export const EVENT_TYPES = [
  ...JOB_EVENT_TYPES,
  ...BATCH_EVENT_TYPES,
  'version.ready',
  'version.failed',
  'alias.changed',
  'evaluation.succeeded',
  'evaluation.failed',
  'webhook.disabled',
  'webhook.test',
] as const;
/** What happens to a job that came in by Replicate's interface: the URL that came with it alone is told, in that form. */
export const PREDICTION_EVENT_TYPES = [
  'prediction.start',
  'prediction.output',
  'prediction.completed',
] as const;
export type PredictionEventType = (typeof PREDICTION_EVENT_TYPES)[number];
/** What deliveries are of. */
export const DELIVERED_EVENT_TYPES = [...EVENT_TYPES, ...PREDICTION_EVENT_TYPES] as const;
export type EventType = (typeof DELIVERED_EVENT_TYPES)[number];

/** What a per-job webhook is told of when it does not say: the ends. */
export const TERMINAL_JOB_EVENTS = JOB_EVENT_TYPES.filter((type) => type !== 'job.started');
/** The same of a batch. */
export const TERMINAL_BATCH_EVENTS = BATCH_EVENT_TYPES.filter((type) => type !== 'batch.started');

/** `*`, `prefix.*` of these types, and the types. */
export function eventPatterns<const Type extends string>(types: readonly Type[]) {
  const prefixes = [...new Set(types.map((type) => `${type.split('.')[0]}.*`))];
  const known = ['*', ...prefixes, ...types] as [string, ...string[]];
  return z
    .array(z.enum(known, { error: `"*", or some of ${[...prefixes, ...types].join(', ')}` }))
    .min(1, 'needs one at least')
    .max(known.length, `at most ${known.length}`);
}

/** The form of a URL; where it may lead is looked at by the server (docs/webhooks.md). */
const webhookUrl = z.string().min(1, 'needs a character').max(LIMITS.maxWebhookUrlChars);
const description = z
  .string()
  .refine(
    (text) => codePointLength(text) <= LIMITS.maxDescriptionChars,
    `at most ${LIMITS.maxDescriptionChars} characters`,
  )
  .refine(isPlainText, 'must not hold control characters')
  .meta({ maxLength: LIMITS.maxDescriptionChars, pattern: PLAIN_TEXT });
const maxInFlight = z.int().min(1).max(LIMITS.maxWebhookInFlight);

/** `whsec_` and standard base64 of 24 to 64 bytes: padded, and without loose bits at the end. */
const secret = z
  .string()
  .regex(
    /^whsec_(?:[A-Za-z0-9+/]{4}){8,20}(?:[A-Za-z0-9+/]{4}(?:[A-Za-z0-9+/][AQgw]==)?|[A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?$/,
    'must be "whsec_" and the base64 of 24 to 64 bytes',
  );

/** Where the events of one job go. */
export const jobWebhook = z.strictObject({
  url: webhookUrl,
  events: eventPatterns(JOB_EVENT_TYPES).default([...TERMINAL_JOB_EVENTS]),
});
export type JobWebhook = z.infer<typeof jobWebhook>;

/** Where the events of one batch go. */
export const batchWebhook = z.strictObject({
  url: webhookUrl,
  events: eventPatterns(BATCH_EVENT_TYPES).default([...TERMINAL_BATCH_EVENTS]),
});
export type BatchWebhook = z.infer<typeof batchWebhook>;

export const createWebhookBody = z.strictObject({
  url: webhookUrl,
  events: eventPatterns(EVENT_TYPES),
  description: description.default(''),
  max_in_flight: maxInFlight.default(LIMITS.maxWebhookInFlight),
  secret: secret.optional(),
});

export const changeWebhookBody = z.strictObject({
  url: webhookUrl.exactOptional(),
  events: eventPatterns(EVENT_TYPES).exactOptional(),
  description: description.exactOptional(),
  max_in_flight: maxInFlight.exactOptional(),
  enabled: z.boolean().exactOptional(),
});

export const rotateSecretBody = z.strictObject({
  grace_s: z
    .int()
    .min(0)
    .max(LIMITS.maxSecretGraceS)
    .default(LIMITS.defaultSecretGraceS)
    .describe('How long what is sent is signed with the secret before as well.'),
  secret: secret.optional(),
});

const time = z.string().refine(isTimestamp, TIMESTAMP_HELP).meta({ format: 'date-time' });
export const REPLAY_STATUSES = ['exhausted', 'skipped', 'all'] as const;
export const replayBody = z.strictObject({
  since: time.describe('RFC 3339; of the events.'),
  until: time.exactOptional().describe('RFC 3339; now where it is absent.'),
  status: z.enum(REPLAY_STATUSES).default('exhausted'),
});

export const DISABLED_REASONS = ['failing', 'gone', 'manual'] as const;
export type DisabledReason = (typeof DISABLED_REASONS)[number];

/** An endpoint as the API shows it. */
export const webhook = z
  .strictObject({
    id: publicIdOf('webhook'),
    object: z.literal('webhook'),
    url: z.string(),
    events: z.array(z.string()),
    description: z.string(),
    enabled: z.boolean(),
    disabled_reason: z.enum(DISABLED_REASONS).nullable(),
    max_in_flight: z.int().min(1).describe('Requests that are under way to it at a time at most.'),
    created_at: timestamp,
    last_success_at: timestamp.nullable(),
    last_failure_at: timestamp.nullable(),
    consecutive_failures: z.int().min(0),
    secret: z.string().exactOptional().describe('In the answer that made the endpoint and nowhere else.'),
  })
  .meta({ id: 'Webhook' });
export type Webhook = z.infer<typeof webhook>;
export const webhookPage = pageOf('WebhookPage', webhook);

/** A secret, and until when the one before signs as well. */
export const webhookSecret = z
  .strictObject({ secret: z.string(), previous_expires_at: timestamp.nullable() })
  .meta({ id: 'WebhookSecret' });
export type WebhookSecret = z.infer<typeof webhookSecret>;

export const replayed = z.strictObject({ scheduled: z.int().min(0) }).meta({ id: 'Replayed' });

export const DELIVERY_STATUSES = ['pending', 'delivering', 'delivered', 'exhausted', 'skipped'] as const;
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number];

/** Why an attempt failed. */
export const ATTEMPT_ERRORS = [
  'timeout',
  'connect-failed',
  'dns-failed',
  'tls-error',
  'blocked-address',
  'redirect',
  'response-too-large',
  'http-status',
] as const;

export type AttemptError = (typeof ATTEMPT_ERRORS)[number];

/** A delivery as the API shows it. */
export const delivery = z
  .strictObject({
    id: publicIdOf('delivery'),
    object: z.literal('delivery'),
    webhook: publicIdOf('webhook').nullable().describe('Null for the URL of a job.'),
    event: publicIdOf('event'),
    event_type: z.enum(DELIVERED_EVENT_TYPES),
    url: z.string(),
    status: z.enum(DELIVERY_STATUSES),
    attempt_count: z.int().min(0).describe('Attempts that were begun.'),
    next_attempt_at: timestamp.nullable(),
    attempts: z.array(
      z.strictObject({
        number: z
          .int()
          .min(1)
          .describe('One may be missing: its process was killed before it was written down.'),
        at: timestamp,
        duration_ms: z.int().min(0),
        status_code: z.int().nullable(),
        error: z.enum(ATTEMPT_ERRORS).nullable(),
        response_excerpt: z.string().nullable(),
      }),
    ),
    created_at: timestamp,
    delivered_at: timestamp.nullable(),
  })
  .meta({ id: 'Delivery' });
export type Delivery = z.infer<typeof delivery>;
export const deliveryPage = pageOf('DeliveryPage', delivery);

/** What is sent, before its `data` is known. */
export interface WebhookEvent<Data = unknown> {
  id: string;
  object: 'event';
  type: EventType;
  timestamp: string;
  /** Seconds since 1970. */
  created_at: number;
  sequence: number;
  data: Data;
}
