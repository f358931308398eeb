import { List, Text } from '@mantine/core';
import { DataTable } from '../../shared/data-table.js';
import { formatCount } from '../../shared/format.js';
import { ShareBar } from '../../shared/share-bar.js';
import type { AblationReport, AblationRow } from './ablation-report.js';

/** The table of the DeBERTa paper's ablation study, of one model. */
export function AblationTable({ report }: { report: AblationReport }) {
  const { model, task, dataset, metrics, rows, findings, notes } = report;
  return (
    <>
      <Text size="sm">
        <b>{model}</b>, {task} on {dataset.name}: {formatCount(dataset.examples)} examples
        {dataset.left_out > 0 && `, ${formatCount(dataset.left_out)} left out`}
      </Text>
      <DataTable
        label="Ablations"
        rows={rows}
        keyOf={({ name, precision }) => `${name} ${precision}`}
        columns={[
          { title: 'Model', cell: ({ name, precision }) => `${name}${precision === 'int8' ? ', int8' : ''}` },
          ...metrics.flatMap((metric) => [
            { title: metric, cell: (row: AblationRow) => <Value row={row} metric={metric} /> },
            {
              title: `${metric} against full`,
              numeric: true,
              cell: (row: AblationRow) => differenceText(row, metric),
            },
          ]),
        ]}
      />
      {findings.length > 0 && (
        <List size="sm">
          {findings.map((finding) => (
            <List.Item key={finding}>{finding}</List.Item>
          ))}
        </List>
      )}
      {notes.map((note) => (
        <Text key={note} size="xs" c="dimmed">
          {note}
        </Text>
      ))}
    </>
  );
}

function Value({ row, metric }: { row: AblationRow; metric: string }) {
  const value = row.metrics[metric];
  if (value == null) return row.reason ?? 'not defined';
  return <ShareBar share={Math.max(0, value)} text={value.toFixed(4)} />;
}

function differenceText({ difference, difference_confidence: sure }: AblationRow, metric: string): string {
  const value = difference?.[metric];
  if (value == null) return '';
  const interval = sure?.[metric];
  return `${signed(value)}${interval ? ` (${signed(interval[0])} to ${signed(interval[1])})` : ''}`;
}

function signed(value: number): string {
  return `${value > 0 ? '+' : ''}${value.toFixed(4)}`;
}
