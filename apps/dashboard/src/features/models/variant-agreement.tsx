import type { Version } from '@heddle/client';
import { Facts } from '../../shared/facts.js';
import { formatCount, formatScore, formatShare } from '../../shared/format.js';

type VariantReport = NonNullable<NonNullable<Version['report']>['fp16' | 'int8']>;

/** How often a variant decides as float32 does, beside what was asked of it. */
export function VariantAgreement({ report }: { report: VariantReport }) {
  const { gate } = report;
  return (
    <Facts
      facts={[
        ['Same decisions as float32', formatShare(report.same_decisions)],
        ['At least', formatShare(gate.min_same_decisions)],
        ['Mean difference', formatScore(report.mean_difference)],
        ['At most', formatScore(gate.max_mean_difference)],
        ['Largest difference', formatScore(report.max_difference)],
        ['Compared', `${formatCount(report.decisions)} decisions of ${formatCount(report.texts)} inputs`],
        ['Inputs', report.calibration === 'own' ? 'those of the import' : 'those of Heddle'],
      ]}
    />
  );
}
