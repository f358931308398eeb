import { type StatsFigures, type StatsPoint, type TimeCounts, timePercentile } from '@heddle/contracts';
import type { LookRow, StatsRow } from '@heddle/store';

/** Parts of a minute and more are told to this. */
const DECIMALS = 1_000;

interface Span {
  /** Where the first step begins, a multiple of the step. */
  since: Date;
  /** Where what is counted ends. */
  until: Date;
  stepS: number;
}

/** One point a step from `since` to `until`, and all together. Rows and looks are of steps at most as long, oldest first. */
export function pointsOf(
  { since, until, stepS }: Span,
  rows: readonly StatsRow[],
  looks: readonly LookRow[],
): { points: StatsPoint[]; total: StatsFigures } {
  const stepMs = stepS * 1000;
  const rowsOf = byStep(rows, stepMs);
  const looksOf = byStep(looks, stepMs);
  const points: StatsPoint[] = [];
  for (let at = since.getTime(); at < until.getTime(); at += stepMs) {
    const step = Math.floor(at / stepMs);
    const countedS = Math.min(stepMs, until.getTime() - at) / 1000;
    const figures = figuresOf(rowsOf.get(step) ?? [], looksOf.get(step) ?? [], countedS);
    points.push({ at: new Date(at).toISOString(), ...figures });
  }
  return { points, total: figuresOf(rows, looks, (until.getTime() - since.getTime()) / 1000) };
}

function byStep<Row extends { at: Date }>(rows: readonly Row[], stepMs: number): Map<number, Row[]> {
  const steps = new Map<number, Row[]>();
  for (const row of rows) {
    const step = Math.floor(row.at.getTime() / stepMs);
    const same = steps.get(step);
    if (same) same.push(row);
    else steps.set(step, [row]);
  }
  return steps;
}

function figuresOf(rows: readonly StatsRow[], looks: readonly LookRow[], countedS: number): StatsFigures {
  const sum = (value: (row: StatsRow) => number) => rows.reduce((total, row) => total + value(row), 0);
  const jobs = {
    succeeded: sum((row) => row.jobsSucceeded),
    failed: sum((row) => row.jobsFailed),
    canceled: sum((row) => row.jobsCanceled),
    expired: sum((row) => row.jobsExpired),
  };
  const tokens = sum((row) => row.tokens);
  const padded = sum((row) => row.paddedTokens);
  const wrong = jobs.failed + jobs.expired;
  const most = (value: (row: StatsRow) => number | null) =>
    looks.length === 0 ? null : Math.max(0, ...rows.map((row) => value(row) ?? 0));
  const workers = looks.flatMap((look) => look.workers ?? []);
  return {
    jobs,
    items: { succeeded: sum((row) => row.itemsSucceeded), failed: sum((row) => row.itemsFailed) },
    tokens,
    padded_tokens: padded,
    jobs_per_s: countedS > 0 ? (jobs.succeeded + wrong + jobs.canceled) / countedS : 0,
    tokens_per_s: countedS > 0 ? tokens / countedS : 0,
    wait_ms: percentilesOf(rows.map((row) => row.waits)),
    duration_ms: percentilesOf(rows.map((row) => row.durations)),
    error_share: shareOf(wrong, jobs.succeeded + wrong),
    padding_share: shareOf(padded - tokens, padded),
    queued: most((row) => row.queued),
    queued_tokens: most((row) => row.queuedTokens),
    oldest_age_s: most((row) => row.oldestAgeS),
    workers: workers.length === 0 ? null : Math.min(...workers),
  };
}

function percentilesOf(all: readonly TimeCounts[]): StatsFigures['wait_ms'] {
  const counts: TimeCounts = {};
  for (const one of all)
    for (const [bucket, count] of Object.entries(one)) counts[bucket] = (counts[bucket] ?? 0) + count;
  const at = (part: number) => timePercentile(counts, part);
  const [p50, p95, p99] = [at(0.5), at(0.95), at(0.99)];
  if (p50 === null || p95 === null || p99 === null) return null;
  return { p50: rounded(p50), p95: rounded(p95), p99: rounded(p99) };
}

function shareOf(part: number, whole: number): number | null {
  return whole > 0 ? Math.min(1, Math.max(0, part / whole)) : null;
}

function rounded(value: number): number {
  return Math.round(value * DECIMALS) / DECIMALS;
}
