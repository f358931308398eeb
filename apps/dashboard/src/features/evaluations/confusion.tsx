import type { Evaluation } from '@heddle/client';
import { Table } from '@mantine/core';
import { Section } from '../../shared/page.js';
import styles from './evaluations.module.css';

type ConfusionCounts = NonNullable<NonNullable<Evaluation['result']>['confusion']>;

/** Rows: what the data set says; columns: what was predicted. Shades by the row's share. */
export function Confusion({ confusion: { labels, counts } }: { confusion: ConfusionCounts }) {
  const names = labels.map((label) => label ?? 'others');
  return (
    <Section title="Confusion">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: whoever has no pointer scrolls it with the arrow keys */}
      <section className={styles.scroller} tabIndex={0} aria-label="Confusion matrix">
        <Table withColumnBorders aria-label="Confusion: rows are expected, columns predicted">
          <Table.Thead>
            <Table.Tr>
              <Table.Th scope="col">expected \ predicted</Table.Th>
              {names.map((name) => (
                <Table.Th key={name} scope="col">
                  {name}
                </Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {names.map((name, i) => {
              const row = counts[i] ?? [];
              const total = row.reduce((sum, count) => sum + count, 0) || 1;
              return (
                <Table.Tr key={name}>
                  <Table.Th scope="row">{name}</Table.Th>
                  {names.map((other, j) => {
                    const count = row[j] ?? 0;
                    const color = i === j ? '--series-1' : '--series-2';
                    return (
                      <Table.Td
                        key={other}
                        className={styles.count}
                        style={{
                          backgroundColor: `color-mix(in srgb, var(${color}) ${Math.round((45 * count) / total)}%, transparent)`,
                        }}
                      >
                        {count}
                      </Table.Td>
                    );
                  })}
                </Table.Tr>
              );
            })}
          </Table.Tbody>
        </Table>
      </section>
    </Section>
  );
}
