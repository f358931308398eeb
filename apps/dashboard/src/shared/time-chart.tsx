import { Paper, Table, Text } from '@mantine/core';
import { useId } from 'react';
import { formatTime } from './format.js';
import styles from './time-chart.module.css';
import { type Series, useChart } from './use-chart.js';

interface TimeChartProps {
  title: string;
  /** RFC 3339, oldest first. */
  times: readonly string[];
  series: readonly Series[];
  format: (value: number | null) => string;
}

/** Lines over time, in the reader's zone; the same numbers as a table for whoever cannot see them. */
export function TimeChart({ title, times, series, format }: TimeChartProps) {
  const heading = useId();
  const chart = useChart(times, series, format);
  const empty = series.every(({ values }) => values.every((value) => value === null));
  return (
    <Paper withBorder p="sm" component="figure" m={0} aria-labelledby={heading}>
      <Text component="figcaption" id={heading} size="sm" fw={600}>
        {title}
      </Text>
      <div className={styles.plot}>
        <div ref={chart} aria-hidden="true" />
        {empty && (
          <Text className={styles.empty} c="dimmed" size="sm">
            Nothing in this time
          </Text>
        )}
      </div>
      <details className={styles.numbers}>
        <summary>Numbers</summary>
        <div className={styles.scroller}>
          <Table aria-label={title}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th scope="col">Time</Table.Th>
                {series.map(({ label }) => (
                  <Table.Th key={label} scope="col">
                    {label}
                  </Table.Th>
                ))}
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {times.map((at, step) => (
                <Table.Tr key={at}>
                  <Table.Td>{formatTime(at)}</Table.Td>
                  {series.map(({ label, values }) => (
                    <Table.Td key={label}>{format(values[step] ?? null)}</Table.Td>
                  ))}
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </div>
      </details>
    </Paper>
  );
}
