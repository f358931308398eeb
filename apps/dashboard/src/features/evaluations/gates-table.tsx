import type { Evaluation } from '@heddle/client';
import { Badge } from '@mantine/core';
import { DataTable } from '../../shared/data-table.js';

type GateResult = NonNullable<Evaluation['result']>['gates'][number];

const RULES: Record<GateResult['rule'], string> = {
  min: 'at least',
  max: 'at most',
  max_drop: 'at most worse by',
};

/** What came of each gate, and why it is not met. */
export function GatesTable({ gates }: { gates: readonly GateResult[] }) {
  return (
    <DataTable
      label="Gates"
      rows={gates}
      keyOf={({ metric, rule, required, slice }) => `${metric} ${rule} ${required} ${slice?.value}`}
      columns={[
        {
          title: 'Metric',
          cell: ({ metric, slice }) => (slice ? `${metric} (${slice.field} ${slice.value})` : metric),
        },
        { title: 'Rule', cell: ({ rule, required }) => `${RULES[rule]} ${required}` },
        { title: 'Value', numeric: true, cell: ({ actual }) => actual?.toFixed(4) ?? '–' },
        {
          title: 'Met',
          cell: ({ passed }) => (
            <Badge color={passed ? 'green' : 'red'} variant="light" tt="none">
              {passed ? 'met' : 'not met'}
            </Badge>
          ),
        },
        { title: 'Why', cell: ({ reason }) => reason ?? '' },
      ]}
    />
  );
}
