import { type Evaluation, type EvaluationItem, toPublicId } from '@heddle/contracts';
import { type EvaluationItemRow, type EvaluationRecord, PRIORITY_OF_RANK } from '@heddle/store';

/** An evaluation as the API shows it. */
export function evaluationView(record: EvaluationRecord): Evaluation {
  const id = toPublicId('evaluation', record.id);
  const { baseline, options, items, succeeded, failed } = record;
  return {
    id,
    object: 'evaluation',
    status: record.state,
    model: record.model,
    alias: record.alias,
    version: toPublicId('version', record.versionId),
    version_number: record.versionNumber,
    baseline: baseline && {
      model: baseline.model,
      version: toPublicId('version', baseline.id),
      version_number: baseline.number,
    },
    task: record.task,
    parameters: record.parameters,
    dataset: toPublicId('file', record.fileId),
    dataset_sha256: record.sha256,
    format: record.format ?? options.format ?? null,
    invalid_lines: record.invalidLines,
    metrics: options.metrics,
    gates: options.gates,
    seed: options.seed,
    resamples: options.resamples,
    priority: PRIORITY_OF_RANK[record.priority]!,
    counts: { total: items * (baseline ? 2 : 1), succeeded, failed },
    errors: record.errors,
    error_count: record.errorCount,
    result: record.result,
    sequence: record.sequence,
    created_at: record.createdAt.toISOString(),
    started_at: record.startedAt?.toISOString() ?? null,
    completed_at: record.completedAt?.toISOString() ?? null,
    deadline: record.deadline.toISOString(),
    metadata: record.metadata,
    urls: {
      self: `/v1/evaluations/${id}`,
      cancel: `/v1/evaluations/${id}/cancel`,
      events: `/v1/evaluations/${id}/events`,
      items: `/v1/evaluations/${id}/items`,
    },
  };
}

/** An example and its answers as the API shows them. */
export function evaluationItemView(
  row: EvaluationItemRow,
  { baseline }: Pick<EvaluationRecord, 'baseline'>,
): EvaluationItem {
  return {
    index: row.place,
    line: row.line,
    expected: row.expected,
    group: row.group,
    slice: row.slice,
    predicted: row.output,
    correct: row.correct,
    loss: row.loss,
    error: row.error,
    baseline: baseline && {
      predicted: row.baselineOutput,
      error: row.baselineError,
    },
  };
}
