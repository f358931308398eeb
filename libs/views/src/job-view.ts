import { type ItemResult, type Job, type JobTiming, toPublicId } from '@heddle/contracts';
import { type JobInclude, type JobRecord, PRIORITY_OF_RANK } from '@heddle/store';

/** A job as the API shows it. Parts that were not asked for are the only ones absent. */
export function jobView(record: JobRecord, include: JobInclude): Job {
  const id = toPublicId('job', record.id);
  return {
    id,
    object: 'job',
    status: record.state,
    source: record.source,
    model: record.model,
    alias: record.alias,
    canary: record.canary,
    version: toPublicId('version', record.versionId),
    version_number: record.versionNumber,
    task: record.task,
    ...(include.inputs ? { inputs: record.inputs ?? null } : {}),
    parameters: record.parameters,
    ...(include.results ? { results: (record.results as ItemResult[] | undefined) ?? null } : {}),
    counts: { total: record.items, succeeded: record.succeeded, failed: record.failed },
    error: record.error,
    priority: PRIORITY_OF_RANK[record.priority]!,
    attempts: record.attempt,
    sequence: record.sequence,
    cached: false,
    usage: record.usage,
    timing: timingOf(record),
    created_at: record.createdAt.toISOString(),
    started_at: record.startedAt?.toISOString() ?? null,
    completed_at: record.completedAt?.toISOString() ?? null,
    deadline: record.deadline.toISOString(),
    expires_at: record.expiresAt?.toISOString() ?? null,
    data_removed: record.dataRemoved,
    batch: record.batchId && toPublicId('batch', record.batchId),
    evaluation: record.evaluationId && toPublicId('evaluation', record.evaluationId),
    webhook: record.webhook,
    metadata: record.metadata,
    trace_id: record.traceId,
    urls: { self: `/v1/jobs/${id}`, cancel: `/v1/jobs/${id}/cancel`, events: `/v1/jobs/${id}/events` },
  };
}

function timingOf({ timing, createdAt, completedAt }: JobRecord): JobTiming | null {
  return timing && completedAt && { ...timing, total_ms: completedAt.getTime() - createdAt.getTime() };
}
