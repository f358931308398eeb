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
  // The same text may be there twice: a text is its place.
  const places = texts.map((text, at) => ({ text, key: `${at}` }));
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: whoever has no pointer scrolls it with the arrow keys
    <section className={styles.scroller} tabIndex={0} aria-label="Similarity of the texts">
      <Table withColumnBorders withTableBorder aria-label="Cosines of the texts' vectors">
        <Table.Thead>
          <Table.Tr>
            <Table.Td />
            {places.map(({ text, key }) => (
              <Table.Th key={key} scope="col" className={styles.text}>
                {text}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {places.map(({ text, key }, i) => (
            <Table.Tr key={key}>
              <Table.Th scope="row" className={styles.text}>
                {text}
              </Table.Th>
              {places.map((other, j) => {
                const value = rows[i]?.[j] ?? 0;
                return (
                  <Table.Td
                    key={other.key}
                    className={styles.similar}
                    style={{
                      backgroundColor: `color-mix(in srgb, var(--series-1) ${Math.round(45 * Math.max(0, value))}%, transparent)`,
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
