import type { TaskOutput } from '@heddle/contracts';
import { type Accumulator, createAccumulator, type Reference, reportOf } from '@heddle/evaluation';
import type { AnsweredRow, ReportAnswer, ReportRequest, ReportWork } from './report-in-child.js';
import { serve } from './serve.js';

let work: ReportWork;
let version: Accumulator;
let baseline: Accumulator | undefined;

serve<ReportRequest, ReportAnswer>(async (request) => {
  if ('begin' in request) {
    work = request.begin;
    version = createAccumulator(work.accumulator);
    baseline = work.hasBaseline ? createAccumulator(work.accumulator) : undefined;
    return null;
  }
  if ('rows' in request) {
    for (const row of request.rows) {
      addAnswer(version, row, row.output);
      if (baseline) addAnswer(baseline, row, row.baselineOutput);
    }
    return null;
  }
  if (version.size === 0) return null;
  return reportOf(version, { ...work.report, ...(baseline && { baseline }) });
});

function addAnswer(accumulator: Accumulator, row: AnsweredRow, output: unknown): void {
  const { place: index, expected, group, slice } = row;
  const known = { index, ...(group !== null && { group }), ...(slice && { slice }) };
  if (output === null) accumulator.fail(index, slice ?? {});
  else accumulator.add({ ...known, expected: expected as Reference, predicted: output as TaskOutput });
}
