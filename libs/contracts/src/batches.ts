import { z } from 'zod';
import { errorCode } from './errors.js';
import type { HistoryEvent } from './history-events.js';
import { itemError, metadata, PRIORITIES } from './jobs.js';
import { LIMITS } from './limits.js';
import { pageOf, publicIdOf, timestamp } from './shapes.js';
import { TASKS, taskOutput } from './tasks/index.js';
import { batchWebhook } from './webhooks.js';

export const BATCH_STATES = [
  'validating',
  'running',
  'finalizing',
  'canceling',
  'succeeded',
  'failed',
  'canceled',
  'expired',
] as const;
export type BatchState = (typeof BATCH_STATES)[number];

/** Terminal is final: no transition leads out of these states. */
export function isTerminalBatch(state: BatchState): boolean {
  return state === 'succeeded' || state === 'failed' || state === 'canceled' || state === 'expired';
}

/** What becomes of a batch whose file has lines that cannot run: it fails, or they are left out and counted as failed. */
export const INVALID_LINES = ['reject', 'skip'] as const;
export type InvalidLines = (typeof INVALID_LINES)[number];

/** Body of `POST /v1/batches`. Parameters are checked against the task once it is known. */
export const createBatchBody = z.strictObject({
  file: z.string().min(1).max(128).describe('`file_…`, uploaded with the purpose `batch`.'),
  model: z.string().min(1).max(128),
  task: z.enum(TASKS).optional(),
  parameters: z
    .record(z.string(), z.unknown())
    .refine(
      (parameters) => Buffer.byteLength(JSON.stringify(parameters)) <= LIMITS.maxBatchParameterBytes,
      `at most ${LIMITS.maxBatchParameterBytes} bytes as JSON`,
    )
    .default({})
    .describe('Of every line that does not say otherwise.'),
  window_s: z
    .int()
    .min(LIMITS.minBatchWindowS)
    .max(LIMITS.maxBatchWindowS)
    .default(LIMITS.defaultBatchWindowS)
    .describe('From acceptance: lines that have not run by then are `expired`.'),
  invalid_lines: z.enum(INVALID_LINES).default('reject'),
  priority: z.enum(PRIORITIES).default('low'),
  webhook: batchWebhook.optional(),
  metadata: metadata.default({}),
});
export type CreateBatchBody = z.infer<typeof createBatchBody>;

/** A line of a batch's file. Item and parameters are checked against the task. */
export const batchLine = z.strictObject({
  custom_id: z
    .string()
    .min(1, 'needs a character')
    .refine(
      (text) => [...text].length <= LIMITS.maxCustomIdChars,
      `at most ${LIMITS.maxCustomIdChars} characters`,
    ),
  input: z.unknown().refine((input) => input !== undefined, 'is required'),
  parameters: z.record(z.string(), z.unknown()).optional(),
});
export type BatchLine = z.infer<typeof batchLine>;

/** Something wrong with a batch's file; `line` counts from 1 and is null where it is the file as a whole. */
export const batchError = z
  .strictObject({
    line: z.int().min(1).nullable(),
    code: errorCode,
    message: z.string(),
    custom_id: z.string().nullable(),
  })
  .meta({ id: 'BatchError' });
export type BatchError = z.infer<typeof batchError>;

export const EMPTY_FILE: BatchError = {
  line: null,
  code: 'empty-file',
  message: 'The file has no line that is not blank.',
  custom_id: null,
};

/** What has become of the lines. All are 0 in a batch that failed. */
export const batchCounts = z.strictObject({
  total: z.int().min(0),
  succeeded: z.int().min(0),
  failed: z.int().min(0),
  canceled: z.int().min(0),
  expired: z.int().min(0),
});
export type BatchCounts = z.infer<typeof batchCounts>;

/** A batch as the API shows it. */
export const batch = z
  .strictObject({
    id: publicIdOf('batch'),
    object: z.literal('batch'),
    status: z.enum(BATCH_STATES),
    model: z
      .string()
      .nullable()
      .describe(
        'Null, as are version and task, where no line of a file of OpenAI’s form names one: such a batch has failed.',
      ),
    alias: z.string().nullable(),
    version: publicIdOf('version').nullable(),
    version_number: z.int().min(1).nullable(),
    task: z.enum(TASKS).nullable(),
    parameters: z.record(z.string(), z.unknown()),
    file: publicIdOf('file'),
    output_file: publicIdOf('file')
      .nullable()
      .describe('Lines that succeeded; null until the end, and where there is none.'),
    error_file: publicIdOf('file').nullable().describe('All other lines, likewise.'),
    invalid_lines: z.enum(INVALID_LINES),
    priority: z.enum(PRIORITIES),
    counts: batchCounts.describe('All 0 in a batch that failed, which has no answers.'),
    errors: z.array(batchError).max(LIMITS.maxBatchErrors).describe('The first of them.'),
    error_count: z.int().min(0),
    sequence: z.int().min(1).describe('Grows with every change.'),
    usage: z.strictObject({ tokens: z.int().min(0) }),
    created_at: timestamp,
    started_at: timestamp.nullable(),
    completed_at: timestamp.nullable(),
    deadline: timestamp,
    webhook: z.strictObject({ url: z.string(), events: z.array(z.string()) }).nullable(),
    metadata: z.record(z.string(), z.string()),
    urls: z.strictObject({ self: z.string(), cancel: z.string(), events: z.string() }),
  })
  .meta({ id: 'Batch' });
export type Batch = z.infer<typeof batch>;
export const batchPage = pageOf('BatchPage', batch);

/** A line of `output_file`. */
export const batchOutputLine = z.strictObject({
  custom_id: z.string(),
  line: z.int().min(1),
  status: z.literal('succeeded'),
  output: taskOutput,
  usage: z.strictObject({ tokens: z.int().min(0) }),
});
export type BatchOutputLine = z.infer<typeof batchOutputLine>;

/** A line of `error_file`. */
export const batchErrorLine = z.strictObject({
  custom_id: z.string().nullable(),
  line: z.int().min(1),
  status: z.enum(['failed', 'canceled', 'expired']),
  error: itemError,
});
export type BatchErrorLine = z.infer<typeof batchErrorLine>;

/** Events of a batch, as its stream has them. */
export type BatchEvent = HistoryEvent<BatchState> | { id: number; event: 'done'; data: Batch };
