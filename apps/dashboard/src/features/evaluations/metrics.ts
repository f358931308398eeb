import type { Evaluation } from '@heddle/client';

export interface ComparedMetric {
  metric: string;
  /** One a run, in their order. */
  values: { value: number | null; interval: readonly [number, number] | null }[];
}

/** Every metric that any of the runs has, by name. */
export function comparedMetrics(runs: readonly Pick<Evaluation, 'result'>[]): ComparedMetric[] {
  const names = new Set(runs.flatMap(({ result }) => Object.keys(result?.metrics ?? {})));
  return [...names].sort().map((metric) => ({
    metric,
    values: runs.map(({ result }) => ({
      value: result?.metrics[metric] ?? null,
      interval: result?.confidence[metric] ?? null,
    })),
  }));
}

/** Least and largest of values and intervals; null where there is no value. */
export function spanOf({ values }: ComparedMetric): { min: number; max: number } | null {
  const numbers = values.flatMap(({ value, interval }) =>
    value === null ? [] : [value, ...(interval ?? [])],
  );
  return numbers.length === 0 ? null : { min: Math.min(...numbers), max: Math.max(...numbers) };
}

/** Expected calibration error: the mean of |accuracy − confidence| over bins, weighted by their examples (Guo et al., 2017). */
export function calibrationError(bins: NonNullable<Evaluation['result']>['reliability']): number | null {
  const total = (bins ?? []).reduce((sum, { count }) => sum + count, 0);
  if (total === 0) return null;
  return (bins ?? []).reduce(
    (sum, { accuracy, confidence, count }) =>
      accuracy === null || confidence === null
        ? sum
        : sum + (count / total) * Math.abs(accuracy - confidence),
    0,
  );
}
