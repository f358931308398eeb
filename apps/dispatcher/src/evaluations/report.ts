import {
  type EvaluationResult,
  type EvaluationSpeed,
  HeddleError,
  type ItemError,
  toPublicId,
} from '@heddle/contracts';
import type { Report } from '@heddle/evaluation';
import type { ClaimedEvaluation, Store } from '@heddle/store';
import { type AnsweredRow, reportInChild } from './child/report-in-child.js';
import { boundedOptions, resamplesOf } from './measuring.js';
import type { Turn } from './turn.js';

/** Items that are read at a time, and bytes of them. */
const PAGE = { limit: 500, maxBytes: 8 * 1024 * 1024 };

/**
 * What the items of an evaluation say, all of which have their answers. It is computed by a child process, one at a time (`turn`):
 * seconds to minutes of a core. Errors: `Busy`; `all-items-failed` where there is nothing to measure; `validation` for a gate that
 * cannot be held, or answers that cannot be measured together; `payload-too-large`; the signal's reason.
 */
export async function resultOf(
  store: Store,
  evaluation: ClaimedEvaluation,
  signal: AbortSignal,
  turn: Turn,
): Promise<EvaluationResult> {
  const { options, baselineVersionId, invalid } = evaluation;
  const { seed, gates } = options;
  const resamples = resamplesOf(evaluation, evaluation.items);
  const hasBaseline = baselineVersionId !== null;
  const found: { firstError: ItemError | null } = { firstError: null };
  const work = {
    accumulator: boundedOptions(evaluation),
    hasBaseline,
    report: { seed, resamples, gates, invalid },
  };
  const giveBack = turn.take(evaluation.id);
  const pages = answeredPages(store, evaluation.id, found, signal);
  const report = await reportInChild(pages, work, signal).finally(giveBack);
  if (!report) {
    const { firstError } = found;
    const why = firstError ? ` The first: ${firstError.code}, ${firstError.message}` : '';
    throw new HeddleError('all-items-failed', `No example has an answer that can be measured.${why}`);
  }
  const speed = await speedOf(store, evaluation.id, false);
  const baselineSpeed = hasBaseline ? await speedOf(store, evaluation.id, true) : null;
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

/** Examples with what was answered, in the order of the data set; notes the first error. */
async function* answeredPages(
  store: Store,
  id: string,
  found: { firstError: ItemError | null },
  signal: AbortSignal,
): AsyncGenerator<AnsweredRow[]> {
  for (let after = -1, hasMore = true; hasMore; ) {
    const { rows, more } = await store.evaluations.answeredItems(id, { ...PAGE, after });
    signal.throwIfAborted();
    found.firstError ??= rows.find(({ error }) => error)?.error ?? null;
    yield rows.map(({ place, expected, group, slice, output, baselineOutput }) => ({
      place,
      expected,
      group,
      slice,
      output,
      baselineOutput,
    }));
    after = rows.at(-1)?.place ?? after;
    hasMore = more;
  }
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
