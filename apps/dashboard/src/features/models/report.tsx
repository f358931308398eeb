import type { Version } from '@heddle/client';
import { Badge, Text } from '@mantine/core';
import { DataTable } from '../../shared/data-table.js';
import { Facts } from '../../shared/facts.js';
import { formatBytes, formatCount, formatDuration } from '../../shared/format.js';
import { Section } from '../../shared/page.js';
import { Int8Layers } from './int8-layers.js';
import { VariantAgreement } from './variant-agreement.js';

type ImportReport = NonNullable<Version['report']>;

/** What the import measured: how near the version is to its source, and what became of its files. */
export function Report({ report }: { report: ImportReport }) {
  const { parity, batching, sizes, durations_ms: took, tensors_ignored: ignored } = report;
  return (
    <>
      <Section title="Import">
        <Facts
          facts={[
            ['Source', formatBytes(sizes.source_bytes)],
            ['Version', formatBytes(sizes.version_bytes)],
            ['Parameters', formatCount(sizes.parameters)],
            ['Tensors not used', formatCount(ignored.count)],
            ['Read in', formatDuration(took.importing)],
            ['Converted in', formatDuration(took.converting)],
            ['Verified in', formatDuration(took.verifying)],
          ]}
        />
        <DataTable
          label="Files of the checkpoint"
          rows={[
            ...report.files_read.map((file) => ({ ...file, use: 'read' })),
            ...report.files_ignored.map((file) => ({ ...file, use: 'not looked at' })),
          ]}
          keyOf={({ name, use }) => `${name} ${use}`}
          columns={[
            { title: 'File', cell: ({ name }) => name },
            { title: 'Size', numeric: true, cell: ({ bytes }) => formatBytes(bytes) },
            { title: 'Use', cell: ({ use }) => use },
          ]}
        />
      </Section>
      <Section title="Parity">
        <Text size="sm" c="dimmed">
          The compiled graph against the source weights, computed in float64: {formatCount(parity.sequences)}{' '}
          sequences, {formatCount(parity.tokens)} tokens.
        </Text>
        <Differences label="Against the source weights" rows={parity.outputs} />
        <Text size="sm" c="dimmed">
          A sequence alone against the same one beside a longer one.
        </Text>
        <Differences label="Alone against in company" rows={batching} />
      </Section>
      {report.int8 && (
        <Section title="int8">
          <VariantAgreement report={report.int8} />
          <Int8Layers report={report.int8} />
        </Section>
      )}
      {report.fp16 && (
        <Section title="fp16">
          <VariantAgreement report={report.fp16} />
        </Section>
      )}
    </>
  );
}

function Differences({ label, rows }: { label: string; rows: ImportReport['batching'] }) {
  return (
    <DataTable
      label={label}
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
        { title: 'Largest value', numeric: true, cell: ({ max_abs_value }) => max_abs_value.toPrecision(4) },
        {
          title: 'Within',
          cell: (row) => {
            const within = row.max_abs_difference <= row.tolerance;
            return (
              <Badge color={within ? 'green' : 'red'} variant="light" tt="none">
                {within ? 'yes' : 'no'}
              </Badge>
            );
          },
        },
      ]}
    />
  );
}
