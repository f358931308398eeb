import type { ItemResult, Job } from '@heddle/contracts';
import { z } from 'zod';
import { WEBHOOK_FILTERS } from './webhooks.js';

/** What a prediction was asked for, as it is kept with its job: everything but its texts. */
export const replicateOrigin = z.strictObject({
  /** `owner/name` */
  model: z.string(),
  /** `owner/name@alias`, where a deployment was asked. */
  deployment: z.string().exactOptional(),
  /** How its items were written: `{"text": …}`, `{"inputs": item}` or `{"inputs": [items]}`. */
  shape: z.enum(['text', 'one', 'many']),
  /** The rest of `input` as it was given: `task` and parameters. */
  rest: z.record(z.string(), z.unknown()),
  /** Of its webhook. */
  filter: z.array(z.enum(WEBHOOK_FILTERS)).exactOptional(),
  /** Address of the api, as the client knows it. */
  base: z.string(),
});
export type ReplicateOrigin = z.infer<typeof replicateOrigin>;

/** Path of the dialect's routes. */
export const REPLICATE_MOUNT = '/replicate/v1';

export const prediction = z
  .strictObject({
    id: z.string(),
    model: z.string(),
    version: z.string(),
    status: z.enum(['starting', 'processing', 'succeeded', 'failed', 'canceled']),
    input: z.record(z.string(), z.unknown()),
    output: z.unknown(),
    error: z.string().nullable(),
    logs: z.string(),
    metrics: z.strictObject({ predict_time: z.number(), total_time: z.number() }).nullable(),
    created_at: z.string(),
    started_at: z.string().nullable(),
    completed_at: z.string().nullable(),
    data_removed: z.boolean(),
    source: z.literal('api'),
    deployment: z.string().exactOptional(),
    webhook: z.string().exactOptional(),
    webhook_events_filter: z.array(z.string()).exactOptional(),
    urls: z.record(z.string(), z.string()),
  })
  .meta({ id: 'ReplicatePrediction' });
export type Prediction = z.infer<typeof prediction>;

/** A job as a prediction, as it is now. `job` has its inputs and results; `streamToken` opens its events without a key. */
export function predictionOf(job: Job, origin: ReplicateOrigin, streamToken: string | null): Prediction {
  const self = `${origin.base}${REPLICATE_MOUNT}/predictions/${job.id}`;
  const { model, deployment, filter } = origin;
  return {
    id: job.id,
    model,
    version: job.version,
    status: statusOf(job),
    input: inputOf(job, origin),
    output: outputOf(job, origin),
    error: errorOf(job),
    logs: '',
    metrics: job.timing && {
      predict_time: job.timing.inference_ms / 1000,
      total_time: job.timing.total_ms / 1000,
    },
    created_at: job.created_at,
    started_at: job.started_at,
    completed_at: job.completed_at,
    data_removed: job.data_removed,
    source: 'api',
    ...(deployment === undefined ? {} : { deployment }),
    ...(job.webhook ? { webhook: job.webhook.url } : {}),
    ...(filter ? { webhook_events_filter: filter } : {}),
    urls: {
      get: self,
      cancel: `${self}/cancel`,
      stream: `${self}/stream${streamToken ? `?token=${streamToken}` : ''}`,
      web: `${origin.base}/dashboard/jobs/${job.id}`,
    },
  };
}

/**
 * The same in the answer to the request that made it: one that runs has not begun there, because clients take any other
 * status in that answer for the end.
 */
export function createdPredictionOf(
  job: Job,
  origin: ReplicateOrigin,
  streamToken: string | null,
): Prediction {
  const shown = predictionOf(job, origin, streamToken);
  return shown.status === 'processing' ? { ...shown, status: 'starting' } : shown;
}

/** Never `aborted`, which clients wait on for ever. */
function statusOf({ status }: Job): Prediction['status'] {
  if (status === 'queued') return 'starting';
  if (status === 'running') return 'processing';
  return status === 'expired' ? 'failed' : status;
}

/** What the items were answered with, an item that failed with `{"error":{…}}`; null where there is nothing. */
function outputOf({ results, status }: Job, { shape }: ReplicateOrigin): unknown {
  if (!results) return null;
  if (shape === 'many') return results.map(answerOf);
  return status === 'succeeded' ? answerOf(results[0]!) : null;
}

function answerOf({ output, error }: ItemResult): unknown {
  return error ? { error } : output;
}

function errorOf({ error, results }: Job): string | null {
  if (!error) return null;
  const ofItem = error.code === 'all-items-failed' ? results?.find((item) => item.error)?.error : undefined;
  return ofItem?.message ?? error.message;
}

function inputOf({ inputs }: Job, { shape, rest }: ReplicateOrigin): Record<string, unknown> {
  if (!inputs) return rest;
  if (shape === 'many') return { inputs, ...rest };
  const [item] = inputs;
  if (shape === 'one') return { inputs: item, ...rest };
  return typeof item === 'string' ? { text: item, ...rest } : { ...(item as object), ...rest };
}

/** An event of a prediction's stream. */
export type PredictionEvent =
  | { event: 'output' | 'error' | 'done'; data: unknown }
  | { event: 'logs'; data: string };

/** What a prediction that has ended tells in its stream: each item's output, why it failed, and that this is all. */
export function* predictionEvents(job: Job): Generator<PredictionEvent> {
  if (job.status === 'succeeded')
    for (const result of job.results ?? []) yield { event: 'output', data: answerOf(result) };
  const error = errorOf(job);
  if (error !== null) yield { event: 'error', data: { detail: error } };
  if (job.status === 'canceled') yield { event: 'done', data: { reason: 'canceled' } };
  else yield { event: 'done', data: error === null ? {} : { reason: 'error' } };
}
