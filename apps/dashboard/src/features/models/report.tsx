import type { Version } from '@heddle/client';
import { Stack, Text } from '@mantine/core';
import { DataTable } from '../../shared/data-table.js';
import { Facts } from '../../shared/facts.js';
import { formatBytes, formatCount, formatDuration, formatShare } from '../../shared/format.js';

type ImportReport = NonNullable<Version['report']>;

/** What the import measured: how near the version is to its source, and what became of its files. */
export function Report({ report }: { report: ImportReport }) {
  const { parity, batching, sizes, durations_ms: took, tensors_ignored: ignored } = report;
  const variant = report.int8 ?? report.fp16;
  return (
    <Stack gap="xs">
      <Facts
        facts={[
          ['Parameters', formatCount(sizes.parameters)],
          ['Source', formatBytes(sizes.source_bytes)],
          ['Version', formatBytes(sizes.version_bytes)],
          ['Read in', formatDuration(took.importing)],
          ['Converted in', formatDuration(took.converting)],
          ['Verified in', formatDuration(took.verifying)],
          ['Tensors not used', formatCount(ignored.count)],
          ...(variant ? [['Same decisions as float32', formatShare(variant.same_decisions)] as const] : []),
        ]}
      />
      <Differences title="Against the source weights" rows={parity.outputs} />
      <Differences title="Alone against in company" rows={batching} />
    </Stack>
  );
}

function Differences({ title, rows }: { title: string; rows: ImportReport['batching'] }) {
  return (
    <>
      <Text size="sm" fw={600}>
        {title}
      </Text>
      <DataTable
        label={title}
        rows={rows}
        keyOf={({ output }) => output}
        columns={[
          { title: 'Output', cell: ({ output }) => output },
          {
            title: 'Largest difference',
            numeric: true,
            cell: (row) => row.max_abs_difference.toExponential(2),
          },
          { title: 'Tolerance', numeric: true, cell: ({ tolerance }) => tolerance.toExponential(2) },
          {
            title: 'Largest value',
            numeric: true,
            cell: ({ max_abs_value }) => max_abs_value.toPrecision(4),
          },
        ]}
      />
    </>
  );
}
