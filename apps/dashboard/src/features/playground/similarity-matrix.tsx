import type { JobOf } from '@heddle/client';
import { Table } from '@mantine/core';
import { floatsOf, similarities } from '../../tasks/floats.js';
import styles from './playground.module.css';

/** How near texts are: the cosine of each pair of their vectors. */
export function SimilarityMatrix({ job, texts }: { job: JobOf<'embed'>; texts: readonly string[] }) {
  const vectors = (job.results ?? []).map(({ output }) =>
    output && 'embedding' in output ? floatsOf(output.embedding) : new Float32Array(),
  );
  const rows = similarities(vectors);
  return (
    <section className={styles.scroller} aria-label="Similarity of the texts">
      <Table withColumnBorders aria-label="Similarity of the texts">
        <Table.Thead>
          <Table.Tr>
            <Table.Td />
            {texts.map((text) => (
              <Table.Th key={text} scope="col">
                {text}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {texts.map((text, i) => (
            <Table.Tr key={text}>
              <Table.Th scope="row">{text}</Table.Th>
              {texts.map((other, j) => {
                const value = rows[i]?.[j] ?? 0;
                return (
                  <Table.Td
                    key={other}
                    style={{
                      backgroundColor: `color-mix(in srgb, var(--series-1) ${Math.round(60 * Math.max(0, value))}%, transparent)`,
                    }}
                  >
                    {value.toFixed(3)}
                  </Table.Td>
                );
              })}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </section>
  );
}
