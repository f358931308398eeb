import type { ApiError } from '@heddle/client';
import { DataTable } from '../../shared/data-table.js';

interface FailedGate {
  metric: string;
  slice?: { field: string; value: string };
  rule: 'min' | 'max' | 'max_drop';
  required: number;
  actual: number | null;
  baseline: number | null;
  reason?: string;
}

const RULES: Record<FailedGate['rule'], string> = {
  min: 'at least',
  max: 'at most',
  max_drop: 'at most worse by',
};

/** Which gates are not met, and by how much. */
export function FailedGates({ error }: { error: ApiError }) {
  const gates = (error.problem?.failed_gates ?? []) as FailedGate[];
  return (
    <DataTable
      label="Gates that are not met"
      rows={gates}
      keyOf={({ metric, rule, slice }) => `${metric} ${rule} ${slice?.field} ${slice?.value}`}
      columns={[
        {
          title: 'Metric',
          cell: ({ metric, slice }) => (slice ? `${metric} (${slice.field} ${slice.value})` : metric),
        },
        { title: 'Required', cell: ({ rule, required }) => `${RULES[rule]} ${required}` },
        { title: 'Value', numeric: true, cell: ({ actual }) => actual?.toFixed(4) ?? 'not known' },
        { title: 'Baseline', numeric: true, cell: ({ baseline }) => baseline?.toFixed(4) ?? '–' },
        { title: 'Why', cell: ({ reason }) => reason ?? '' },
      ]}
    />
  );
}
