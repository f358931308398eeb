import { LIMITS, toPublicId, type WebhookEvent } from '@heddle/contracts';
import type { EventSource } from '@heddle/store';
import { batchView, evaluationView, jobView, versionView, webhookView } from '@heddle/views';
import { jobAsBegun } from './job-as-begun.js';
import { predictionBody } from './prediction-body.js';

/** Parts of a job, a batch, a version or an evaluation that may be too large to be sent. */
const LARGE = ['inputs', 'results', 'parameters', 'errors', 'labels', 'report', 'source', 'result'] as const;

/**
 * The JSON that is sent for an event, at most 64 KiB: of an object that is larger, the largest parts are null, with
 * `<part>_omitted: true` beside them.
 */
export function renderBody(source: EventSource): string {
  if (source.type.startsWith('prediction.')) return predictionBody(source);
  const { id, type, createdAt, sequence } = source;
  const event: WebhookEvent<Record<string, unknown>> = {
    id: toPublicId('event', id),
    object: 'event',
    type,
    timestamp: createdAt.toISOString(),
    created_at: Math.floor(createdAt.getTime() / 1000),
    sequence,
    data: dataOf(source),
  };
  const bytes = (value: unknown) => Buffer.byteLength(JSON.stringify(value) ?? '');
  const parts = LARGE.filter((part) => event.data[part] != null).sort(
    (one, other) => bytes(event.data[other]) - bytes(event.data[one]),
  );
  for (const part of parts) {
    if (bytes(event) <= LIMITS.maxWebhookBodyBytes) break;
    omit(event.data, part);
  }
  return JSON.stringify(event);
}

function dataOf(source: EventSource): Record<string, unknown> {
  if (source.type.startsWith('job.')) return dataOfJob(source);
  if (source.type.startsWith('batch.')) return dataOfBatch(source);
  if (source.type.startsWith('evaluation.'))
    return source.evaluation
      ? { ...evaluationView(source.evaluation) }
      : { id: toPublicId('evaluation', source.objectId), object: 'evaluation' };
  if (source.version) return { ...versionView(source.version) };
  if (source.type === 'webhook.disabled' && source.webhook) {
    const reason = source.data?.reason as ReturnType<typeof webhookView>['disabled_reason'];
    return { ...webhookView(source.webhook), enabled: false, disabled_reason: reason };
  }
  return source.data ?? {};
}

function dataOfJob({ type, job, objectId, sequence }: EventSource): Record<string, unknown> {
  if (!job) return { id: toPublicId('job', objectId), object: 'job', data_removed: true };
  const shown = type === 'job.started' ? jobAsBegun(job, sequence) : job;
  const data: Record<string, unknown> = { ...jobView(shown, { inputs: true, results: true }) };
  // Too large to have been read at all.
  if (shown.inputs == null && shown.inputsBytes != null) omit(data, 'inputs');
  if (shown.results == null && shown.resultsBytes != null) omit(data, 'results');
  return data;
}

function dataOfBatch({ type, batch, objectId, sequence, data }: EventSource): Record<string, unknown> {
  if (!batch) return { id: toPublicId('batch', objectId), object: 'batch' };
  if (type !== 'batch.started') return { ...batchView(batch) };
  // By now it may have got on, or ended: what it was when it began is told all the same.
  const began = { state: 'running' as const, sequence, outputFile: null, errorFile: null, completedAt: null };
  const counts = {
    total: Number(data?.total),
    failed: Number(data?.failed),
    succeeded: 0,
    canceled: 0,
    expired: 0,
  };
  return { ...batchView({ ...batch, ...began, ...counts, tokens: 0 }) };
}

function omit(data: Record<string, unknown>, part: (typeof LARGE)[number]): void {
  data[part] = null;
  data[`${part}_omitted`] = true;
}
