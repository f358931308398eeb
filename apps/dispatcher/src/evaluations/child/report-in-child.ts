import { fileURLToPath } from 'node:url';
import type { AccumulatorOptions, Report, ReportOptions } from '@heddle/evaluation';
import type { EvaluationItemRow } from '@heddle/store';
import { Child } from './child.js';

/** Seen from `src` and `dist` alike. */
const MAIN = fileURLToPath(new URL('../../../dist/evaluations/child/report-main.js', import.meta.url));

export interface ReportWork {
  accumulator: AccumulatorOptions;
  hasBaseline: boolean;
  report: Omit<ReportOptions, 'baseline' | 'signal'>;
}
export type AnsweredRow = Pick<
  EvaluationItemRow,
  'place' | 'expected' | 'group' | 'slice' | 'output' | 'baselineOutput'
>;
export type ReportRequest = { begin: ReportWork } | { rows: AnsweredRow[] } | { end: true };
export type ReportAnswer = Report | null;

/**
 * What answers say, page by page in the order of the data set; null where none can be measured. Errors: those of `reportOf`, and as
 * `Child` says.
 */
export async function reportInChild(
  pages: AsyncIterable<AnsweredRow[]>,
  work: ReportWork,
  signal: AbortSignal,
): Promise<Report | null> {
  const child = new Child<ReportRequest, ReportAnswer>(MAIN, signal);
  try {
    await child.ask({ begin: work });
    for await (const rows of pages) await child.ask({ rows });
    return await child.ask({ end: true });
  } finally {
    await child.end();
  }
}
