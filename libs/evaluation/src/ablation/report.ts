import type { Interval, Task } from '@heddle/contracts';
import type { Accumulator } from '../metrics/accumulator.js';
import type { MetricValues } from '../report/measurements.js';
import { type Report, reportOf } from '../report/report.js';

/** One model of the table: which parts it lacks, what it computes in, and what it answered. */
export interface AblationRun {
  /** Parts that were left out, as `c2p`, `p2c`, `emd`; none of the full model. */
  without: readonly string[];
  precision: 'fp32' | 'int8';
  /** Of the same examples for all runs; or why there are no answers. */
  answers: Accumulator | { reason: string };
}

export interface AblationSubject {
  model: string;
  task: Task;
  /** Its name, how many examples were answered, and how many could not be, by any of the models. */
  dataset: { name: string; examples: number; left_out: number };
}

export interface AblationRow {
  /** As the paper writes it: `full`, `-EMD`, `-(C2P+P2C)`. */
  name: string;
  without: string[];
  precision: AblationRun['precision'];
  /** Examples without an answer, which the metrics leave out. */
  failed: number;
  metrics: MetricValues;
  /** 95 % bootstrap intervals of the metrics. */
  confidence: Record<string, Interval>;
  /** Of each metric the row's value less that of the full model, and its interval by the paired bootstrap. */
  difference: MetricValues | null;
  difference_confidence: Record<string, Interval> | null;
  /** Whether the full model is at least as good by every metric; null where that was not measured, or is not asked. */
  full_is_at_least_as_good: boolean | null;
  /** Why nothing was measured. */
  reason: string | null;
}

export interface AblationReport extends AblationSubject {
  object: 'ablation_report';
  metrics: string[];
  rows: AblationRow[];
  /** Whether the full model is at least as good as each ablation by every metric; null where nothing can be left out. */
  as_the_paper_found: boolean | null;
  findings: string[];
  bootstrap: { seed: number; resamples: number };
  notes: string[];
}

export interface AblationOptions {
  seed: number;
  resamples?: number;
  notes?: readonly string[];
  signal?: AbortSignal;
}

/**
 * The table of the DeBERTa paper's ablation study for one model. The first run is the full model in float32, with answers.
 * Errors: those of `reportOf`.
 */
export async function ablationReportOf(
  subject: AblationSubject,
  [first, ...others]: readonly AblationRun[],
  { seed, resamples = 1000, notes = [], signal }: AblationOptions,
): Promise<AblationReport> {
  if (!first || first.without.length > 0 || 'reason' in first.answers) {
    throw new Error('the first run of an ablation is the full model, with its answers');
  }
  const full = first.answers;
  const options = { seed, resamples, ...(signal && { signal }) };
  const rows = [rowOf(first, await reportOf(full, options))];
  for (const run of others) {
    const report =
      'reason' in run.answers ? null : await reportOf(run.answers, { ...options, baseline: full });
    rows.push(rowOf(run, report));
  }
  const ablations = rows.filter(({ without }) => without.length > 0);
  const judged = ablations.map((row) => row.full_is_at_least_as_good).filter((held) => held !== null);
  return {
    object: 'ablation_report',
    ...subject,
    metrics: [...full.metrics],
    rows,
    as_the_paper_found: judged.length === 0 ? null : judged.every((held) => held),
    findings: [...findingsOf(rows[0]!, ablations), ...rows.flatMap(withoutAnswers)],
    bootstrap: { seed, resamples },
    notes: [...notes],
  };
}

function rowOf({ without, precision, answers }: AblationRun, report: Report | null): AblationRow {
  const difference = report?.difference ?? null;
  // A metric that the examples do not define judges nothing.
  const differences = Object.values(difference ?? {}).filter((value) => value !== null);
  const isJudged = without.length > 0 && differences.length > 0;
  return {
    name: nameOf(without),
    without: [...without],
    precision,
    failed: report?.failed ?? 0,
    metrics: report?.metrics ?? {},
    confidence: report?.confidence ?? {},
    difference,
    difference_confidence: report?.difference_confidence ?? null,
    full_is_at_least_as_good: isJudged ? differences.every((value) => value <= NOISE) : null,
    reason: reasonOf(answers, report),
  };
}

function reasonOf(answers: AblationRun['answers'], report: Report | null): string | null {
  if ('reason' in answers) return answers.reason;
  const reasons = Object.entries(report!.undefined_metrics).map(([metric, reason]) => `${metric}: ${reason}`);
  return reasons.length === 0 ? null : reasons.join('; ');
}

/** `-(EMD+C2P)`, the mask decoder first as in the paper. */
function nameOf(without: readonly string[]): string {
  if (without.length === 0) return 'full';
  const parts = [...without]
    .sort((a, b) => ORDER.indexOf(a) - ORDER.indexOf(b))
    .map((part) => part.toUpperCase());
  return parts.length === 1 ? `-${parts[0]}` : `-(${parts.join('+')})`;
}
const ORDER = ['emd', 'c2p', 'p2c'];

/** Sums of floats in another order: no metric has steps as small. */
const NOISE = 1e-9;

/** Sentences: where the full model is not the best one, and how sure that is. */
function findingsOf(full: AblationRow, ablations: AblationRow[]): string[] {
  const judged = ablations.filter((row) => row.full_is_at_least_as_good !== null);
  const missing = ablations
    .filter((row) => row.full_is_at_least_as_good === null)
    .map(({ name, reason }) => `${name} was not measured${reason ? `: ${reason}` : ''}.`);
  if (judged.length === 0) return ['Nothing that the paper left out was measured of this model.', ...missing];
  const better = judged
    .filter((row) => !row.full_is_at_least_as_good)
    .map((row) => `Not as the paper found: ${betterThanFull(full, row)}.`);
  if (better.length > 0) return [...better, ...missing];
  const asFound = 'As the paper found: the full model is at least as good as each ablation';
  return [
    `${asFound}${judged.some(isSurelyWorse) || !hasIntervals(judged) ? '' : `, ${MAY_BE_CHANCE}`}.`,
    ...missing,
  ];
}

function withoutAnswers({ name, precision, failed }: AblationRow): string[] {
  if (failed === 0) return [];
  const examples = failed === 1 ? '1 example is' : `${failed} examples are`;
  return [
    `${name} in ${precision}: ${examples} without an answer, and left out; the difference is of what both answered.`,
  ];
}

const MAY_BE_CHANCE = 'though no difference is more than chance: there may be too few examples to tell';

/** Whether some interval of its differences is below 0. */
function isSurelyWorse({ difference_confidence: intervals }: AblationRow): boolean {
  return Object.values(intervals ?? {}).some(([, high]) => high < 0);
}

function hasIntervals(rows: AblationRow[]): boolean {
  return rows.some(({ difference_confidence: intervals }) => Object.keys(intervals ?? {}).length > 0);
}

function betterThanFull(full: AblationRow, row: AblationRow): string {
  const better = Object.entries(row.difference!).filter(
    ([, difference]) => difference !== null && difference > NOISE,
  );
  const parts = better.map(([metric, difference]) => {
    const values = `${metric} ${row.metrics[metric]!.toFixed(4)} where the full model has ${full.metrics[metric]!.toFixed(4)}`;
    const interval = row.difference_confidence?.[metric];
    if (!interval) return values;
    const sure = interval[0] > 0 ? 'more than chance' : 'may be chance';
    return `${values} (${signed(difference!)}, 95 % interval ${signed(interval[0])} to ${signed(interval[1])}: ${sure})`;
  });
  return `${row.name} has ${parts.join('; ')}`;
}

export function signed(value: number): string {
  const text = Math.abs(value).toFixed(4);
  if (Number(text) === 0) return text;
  return `${value < 0 ? '−' : '+'}${text}`;
}
