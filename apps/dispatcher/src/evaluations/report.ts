import {
  type EvaluationResult,
  type EvaluationSpeed,
  HeddleError,
  type ItemError,
  type TaskOutput,
  toPublicId,
} from '@heddle/contracts';
import {
  type Accumulator,
  accumulatorOptions,
  createAccumulator,
  type Reference,
  type Report,
  reportOf,
} from '@heddle/evaluation';
import type { ClaimedEvaluation, EvaluationItemRow, Store } from '@heddle/store';

/** Items that are read at a time, and bytes of them. */
const PAGE = { limit: 500, maxBytes: 8 * 1024 * 1024 };
/**
 * What the items of an evaluation say, all of which have their answers. Errors: `all-items-failed` where there is nothing to
 * measure; `validation` for a gate that cannot be held, or answers that cannot be measured together; the signal's reason.
 */
export async function resultOf(
  store: Store,
  evaluation: ClaimedEvaluation,
  signal: AbortSignal,
): Promise<EvaluationResult> {
  const { options, baselineVersionId } = evaluation;
  const version = createAccumulator(accumulatorOptions(evaluation));
  const baseline = baselineVersionId ? createAccumulator(accumulatorOptions(evaluation)) : undefined;
  const firstError = await addAll(store, evaluation.id, { version, baseline }, signal);
  if (version.size === 0) {
    const why = firstError ? ` The first: ${firstError.code}, ${firstError.message}` : '';
    throw new HeddleError('all-items-failed', `No example has an answer that can be measured.${why}`);
  }
  const { seed, resamples, gates } = options;
  const report = await reportOf(version, {
    seed,
    resamples,
    gates,
    signal,
    ...(baseline && { baseline }),
  });
  const speed = await speedOf(store, evaluation.id, false);
  const baselineSpeed = baseline ? await speedOf(store, evaluation.id, true) : null;
  return {
    ...shown(report),
    skipped: evaluation.skipped,
    invalid: evaluation.invalid,
    speed,
    baseline_speed: baselineSpeed,
    dataset_sha256: evaluation.sha256,
    version: toPublicId('version', evaluation.versionId),
    baseline: baselineVersionId && toPublicId('version', baselineVersionId),
  };
}

/** Adds what was answered, and what was not. Returns the first error. */
async function addAll(
  store: Store,
  id: string,
  { version, baseline }: { version: Accumulator; baseline: Accumulator | undefined },
  signal: AbortSignal,
): Promise<ItemError | null> {
  let firstError: ItemError | null = null;
  for (let after = -1; ; ) {
    const { rows, more } = await store.evaluations.answeredItems(id, { ...PAGE, after });
    signal.throwIfAborted();
    for (const row of rows) {
      after = row.place;
      firstError ??= row.error;
      addAnswer(version, row, row.output);
      if (baseline) addAnswer(baseline, row, row.baselineOutput);
    }
    if (!more) return firstError;
  }
}

function addAnswer(accumulator: Accumulator, row: EvaluationItemRow, output: unknown): void {
  const { place: index, expected, group, slice } = row;
  const known = { index, ...(group !== null && { group }), ...(slice && { slice }) };
  if (output === null) accumulator.fail(index, slice ?? {});
  else accumulator.add({ ...known, expected: expected as Reference, predicted: output as TaskOutput });
}

/** Everything that a report says, null where it says nothing. */
function shown(report: Report) {
  return {
    items: report.items,
    failed: report.failed,
    coverage: report.coverage,
    min_coverage: report.min_coverage,
    metrics: report.metrics,
    undefined_metrics: report.undefined_metrics,
    confidence: report.confidence,
    bootstrap: report.bootstrap,
    baseline_metrics: report.baseline_metrics ?? null,
    baseline_undefined_metrics: report.baseline_undefined_metrics ?? null,
    compared_items: report.compared_items ?? null,
    difference: report.difference ?? null,
    difference_confidence: report.difference_confidence ?? null,
    gates: report.gates,
    passed: report.passed,
    confusion: report.confusion ?? null,
    reliability: report.reliability ?? null,
    per_label: report.per_label ?? null,
    thresholds: report.thresholds ?? null,
    slices: report.slices,
    omitted_slices: report.omitted_slices,
    worst: report.worst,
  };
}

async function speedOf(store: Store, id: string, ofBaseline: boolean): Promise<EvaluationSpeed> {
  const { tokens, paddedTokens, inferenceMs, seconds } = await store.evaluations.effortOf(id, ofBaseline);
  return {
    tokens,
    padded_share: paddedTokens > 0 ? Math.max(0, 1 - tokens / paddedTokens) : null,
    seconds,
    tokens_per_s: seconds > 0 ? tokens / seconds : null,
    inference_ms: inferenceMs,
  };
}
