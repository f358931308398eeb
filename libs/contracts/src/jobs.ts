import { z } from 'zod';
import { errorCode } from './errors.js';
import { LIMITS } from './limits.js';
import { pageOf, publicIdOf, timestamp } from './shapes.js';
import { TASKS, taskOutput } from './tasks/index.js';
import { jobWebhook } from './webhooks.js';

export const JOB_STATES = ['queued', 'running', 'succeeded', 'failed', 'canceled', 'expired'] as const;
export type JobState = (typeof JOB_STATES)[number];
export const TERMINAL_STATES = ['succeeded', 'failed', 'canceled', 'expired'] as const satisfies JobState[];

/** Terminal is final: no transition leads out of these states. */
export function isTerminal(state: JobState): boolean {
  return (TERMINAL_STATES as readonly JobState[]).includes(state);
}

export const PRIORITIES = ['high', 'normal', 'low'] as const;
export type Priority = (typeof PRIORITIES)[number];

/** The interfaces that jobs come in by. */
export const JOB_SOURCES = [
  'native',
  'replicate',
  'openai',
  'cohere',
  'tei',
  'hf',
  'oip',
  'batch',
  'evaluation',
] as const;
export type JobSource = (typeof JOB_SOURCES)[number];

/** Up to 16 texts by name. */
export const metadata = z
  .record(z.string().max(LIMITS.maxMetadataKeyChars), z.string().max(LIMITS.maxMetadataValueChars))
  .refine(
    (pairs) => Object.keys(pairs).length <= LIMITS.maxMetadataPairs,
    `at most ${LIMITS.maxMetadataPairs} pairs`,
  )
  .meta({ maxProperties: LIMITS.maxMetadataPairs });

/** Body of `POST /v1/jobs`. Items and parameters are checked against the task once it is known. */
export const submitJobBody = z.strictObject({
  model: z.string().min(1).max(128),
  inputs: z.array(z.unknown()),
  task: z.enum(TASKS).optional(),
  parameters: z.record(z.string(), z.unknown()).default({}),
  priority: z.enum(PRIORITIES).default('normal'),
  result_ttl_s: z.int().min(LIMITS.minResultTtlS).max(LIMITS.maxResultTtlS).default(LIMITS.defaultResultTtlS),
  deadline_s: z.int().min(1).max(LIMITS.maxDeadlineS).default(LIMITS.defaultDeadlineS),
  webhook: jobWebhook.optional(),
  metadata: metadata.default({}),
});
export type SubmitJobBody = z.infer<typeof submitJobBody>;

/** Error of one item. Extra members say more, e.g. `max` and `actual` tokens. */
export const itemError = z
  .looseObject({ code: errorCode, message: z.string() })
  .meta({ id: 'ItemError', description: 'Members beside these say more, e.g. `max` and `actual` tokens.' });
export type ItemError = z.infer<typeof itemError>;

/** One element of `results`, in the order of `inputs`: an `output` or an `error`. */
export const itemResult = z
  .strictObject({
    index: z.int().min(0),
    id: z.string().exactOptional(),
    output: taskOutput.exactOptional(),
    error: itemError.exactOptional(),
  })
  .meta({ id: 'ItemResult' });
export type ItemResult = z.infer<typeof itemResult>;

export const jobError = z
  .strictObject({ code: errorCode, message: z.string(), retryable: z.boolean(), attempt: z.int().min(0) })
  .meta({ id: 'JobError' });
export type JobError = z.infer<typeof jobError>;

export const jobUsage = z.strictObject({
  tokens: z.int().min(0),
  padded_tokens: z.int().min(0),
  truncated: z.int().min(0),
});
export type JobUsage = z.infer<typeof jobUsage>;

export const jobTiming = z.strictObject({
  queue_ms: z.number(),
  tokenize_ms: z.number(),
  inference_ms: z.number(),
  total_ms: z.number(),
});
export type JobTiming = z.infer<typeof jobTiming>;

/** A job as the API shows it. Nulls are present; only parts left out by `include` are absent. */
export const job = z
  .strictObject({
    id: publicIdOf('job'),
    object: z.literal('job'),
    status: z.enum(JOB_STATES),
    source: z.enum(JOB_SOURCES),
    model: z.string(),
    alias: z.string().nullable(),
    canary: z
      .boolean()
      .describe('Whether the version was on trial behind the alias when it was given the job.'),
    version: publicIdOf('version'),
    version_number: z.int().min(1),
    task: z.enum(TASKS),
    inputs: z.array(z.unknown()).nullable().exactOptional().describe('Absent where `include` leaves it out.'),
    parameters: z.record(z.string(), z.unknown()),
    results: z
      .array(itemResult)
      .nullable()
      .exactOptional()
      .describe(
        'In the order of `inputs`; null until the job has ended. Absent where `include` leaves it out.',
      ),
    counts: z.strictObject({
      total: z.int().min(1),
      succeeded: z.int().min(0),
      failed: z.int().min(0),
    }),
    error: jobError.nullable(),
    priority: z.enum(PRIORITIES),
    attempts: z.int().min(0),
    sequence: z.int().min(0),
    cached: z.boolean().describe('Always false: nothing is answered from a cache yet.'),
    usage: jobUsage.nullable(),
    timing: jobTiming.nullable(),
    created_at: timestamp,
    started_at: timestamp.nullable(),
    completed_at: timestamp.nullable(),
    deadline: timestamp,
    expires_at: timestamp
      .nullable()
      .describe(
        'When inputs and results are removed. Null until the job has ended, and where they are kept.',
      ),
    data_removed: z.boolean(),
    batch: publicIdOf('batch').nullable().describe('The batch whose lines it has.'),
    evaluation: z.string().nullable(),
    webhook: z.strictObject({ url: z.string(), events: z.array(z.string()) }).nullable(),
    metadata: z.record(z.string(), z.string()),
    trace_id: z.string().nullable(),
    urls: z.strictObject({ self: z.string(), cancel: z.string(), events: z.string() }),
  })
  .meta({ id: 'Job' });
export type Job = z.infer<typeof job>;
export const jobPage = pageOf('JobPage', job);

export interface Page<T> {
  data: T[];
  next_cursor: string | null;
}
