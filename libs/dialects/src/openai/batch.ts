import { type Batch, type BatchState, type ErrorCode, metadata } from '@heddle/contracts';
import { z } from 'zod';
import { OPENAI_ENDPOINTS, type OpenaiBatchOrigin } from './batch-lines.js';
import { openaiCodeOf } from './errors.js';
import { openaiListQuery, unixSeconds } from './list.js';

/** Seconds until the files of a batch are removed, where its owner asks for that: an hour to 30 days. */
const EXPIRY_S = { least: 3_600, most: 2_592_000 };

export const openaiBatchBody = z
  .object({
    input_file_id: z.string().min(1).max(128),
    endpoint: z.enum(OPENAI_ENDPOINTS),
    completion_window: z.literal('24h'),
    metadata: metadata.nullable().optional(),
    output_expires_after: z
      .object({ anchor: z.literal('created_at'), seconds: z.int().min(EXPIRY_S.least).max(EXPIRY_S.most) })
      .optional(),
  })
  .meta({ id: 'OpenAIBatchBody' });

const DEFAULT_LIMIT = 20;
const MAX_LIMIT = 100;
export const openaiBatchesQuery = openaiListQuery(DEFAULT_LIMIT, MAX_LIMIT);

const time = z.int().nullable();
export const openaiBatch = z
  .strictObject({
    id: z.string(),
    object: z.literal('batch'),
    endpoint: z.string(),
    model: z.string().exactOptional(),
    errors: z
      .strictObject({
        object: z.literal('list'),
        data: z.array(
          z.strictObject({
            code: z.string(),
            line: z.int().nullable(),
            message: z.string(),
            param: z.string().nullable(),
          }),
        ),
      })
      .nullable(),
    input_file_id: z.string(),
    completion_window: z.string(),
    status: z.string(),
    output_file_id: z.string().nullable(),
    error_file_id: z.string().nullable(),
    created_at: z.int(),
    in_progress_at: time,
    expires_at: time,
    finalizing_at: time,
    completed_at: time,
    failed_at: time,
    expired_at: time,
    cancelling_at: time,
    cancelled_at: time,
    request_counts: z.strictObject({ total: z.int(), completed: z.int(), failed: z.int() }),
    usage: z.strictObject({
      input_tokens: z.int(),
      input_tokens_details: z.strictObject({ cached_tokens: z.literal(0) }),
      output_tokens: z.literal(0),
      output_tokens_details: z.strictObject({ reasoning_tokens: z.literal(0) }),
      total_tokens: z.int(),
    }),
    metadata: z.record(z.string(), z.string()),
  })
  .meta({ id: 'OpenAIBatch' });
export type OpenaiBatch = z.infer<typeof openaiBatch>;

const STATUSES: Record<BatchState, string> = {
  validating: 'validating',
  running: 'in_progress',
  finalizing: 'finalizing',
  canceling: 'cancelling',
  succeeded: 'completed',
  failed: 'failed',
  canceled: 'cancelled',
  expired: 'expired',
};

/** `since`: when it came into each of its states. */
export function openaiBatchView(
  batch: Batch,
  { endpoint, model }: OpenaiBatchOrigin,
  since: ReadonlyMap<BatchState, string>,
): OpenaiBatch {
  const at = (state: BatchState) => {
    const time = since.get(state);
    return time === undefined ? null : unixSeconds(time);
  };
  const { counts, usage, errors } = batch;
  return {
    id: batch.id,
    object: 'batch',
    endpoint,
    ...(model === undefined ? {} : { model }),
    errors: errors.length === 0 ? null : { object: 'list', data: errors.map(errorView) },
    input_file_id: batch.file,
    completion_window: '24h',
    status: STATUSES[batch.status],
    output_file_id: batch.output_file,
    error_file_id: batch.error_file,
    created_at: unixSeconds(batch.created_at),
    in_progress_at: at('running'),
    expires_at: unixSeconds(batch.deadline),
    finalizing_at: at('finalizing'),
    completed_at: at('succeeded'),
    failed_at: at('failed'),
    expired_at: at('expired'),
    cancelling_at: at('canceling'),
    cancelled_at: at('canceled'),
    request_counts: { total: counts.total, completed: counts.succeeded, failed: counts.failed },
    usage: {
      input_tokens: usage.tokens,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens: 0,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: usage.tokens,
    },
    metadata: batch.metadata,
  };
}

/** Of a line, what is no JSON has a word of its own. */
const LINE_CODES: Partial<Record<ErrorCode, string>> = { 'malformed-json': 'invalid_json_line' };

function errorView({ code, line, message }: Batch['errors'][number]) {
  return { code: LINE_CODES[code] ?? openaiCodeOf(code), line, message, param: null };
}
