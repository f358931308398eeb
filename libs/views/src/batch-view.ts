import { type Batch, toPublicId } from '@heddle/contracts';
import { type BatchRecord, PRIORITY_OF_RANK } from '@heddle/store';

/** A batch as the API shows it. */
export function batchView(record: BatchRecord): Batch {
  const id = toPublicId('batch', record.id);
  const { total, succeeded, failed, canceled, expired } = record;
  return {
    id,
    object: 'batch',
    status: record.state,
    model: record.model,
    alias: record.alias,
    version: record.versionId && toPublicId('version', record.versionId),
    version_number: record.versionNumber,
    task: record.task,
    parameters: record.parameters,
    file: toPublicId('file', record.fileId),
    output_file: record.outputFile && toPublicId('file', record.outputFile),
    error_file: record.errorFile && toPublicId('file', record.errorFile),
    invalid_lines: record.invalidLines,
    priority: PRIORITY_OF_RANK[record.priority]!,
    counts: { total, succeeded, failed, canceled, expired },
    errors: record.errors,
    error_count: record.errorCount,
    sequence: record.sequence,
    usage: { tokens: record.tokens },
    created_at: record.createdAt.toISOString(),
    started_at: record.startedAt?.toISOString() ?? null,
    completed_at: record.completedAt?.toISOString() ?? null,
    deadline: record.deadline.toISOString(),
    webhook: record.webhook,
    metadata: record.metadata,
    urls: {
      self: `/v1/batches/${id}`,
      cancel: `/v1/batches/${id}/cancel`,
      events: `/v1/batches/${id}/events`,
    },
  };
}
