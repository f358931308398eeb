import type { OutputOf } from '@heddle/client';
import { SegmentedControl, Stack, Text } from '@mantine/core';
import { type Dispatch, type ReactNode, type SetStateAction, useCallback, useMemo } from 'react';
import { Facts } from '../../../shared/facts.js';
import { formatScore } from '../../../shared/format.js';
import {
  type Attention,
  attentionOf,
  matrixOf,
  PART_LABELS,
  PARTS,
  type Part,
  rangeOf,
  valueAt,
} from './attention.js';
import styles from './attention.module.css';
import { DistanceChart } from './distance-chart.js';
import { HeadGrid } from './head-grid.js';
import { HeatMap } from './heat-map.js';
import { type Place, within } from './keys.js';
import { Legend } from './legend.js';
import type { Selection } from './selection.js';

interface AttentionViewProps {
  output: OutputOf<'attention'>;
  /** Of the job. */
  parameters: Record<string, unknown>;
  selection: Selection;
  onSelect: Dispatch<SetStateAction<Selection>>;
}

/** Where a text's tokens look: all heads, one of them, and the three terms of one pair. */
export function AttentionView({ output, parameters, selection, onSelect }: AttentionViewProps) {
  const attention = useMemo(() => attentionOf(output, parameters), [output, parameters]);
  const available = PARTS.filter((one) => attention.parts.has(one));
  const part = available.includes(selection.part) ? selection.part : available[0];
  const { layers, heads, n } = attention;
  // Of two versions beside one another one may have fewer heads, and its tokens may be others.
  const head = useMemo(
    () => within(selection.head, { rows: layers.length, columns: heads.length }),
    [selection.head, layers, heads],
  );
  const pair = within(selection.pair, { rows: n, columns: n });
  const selectHead = useCallback(
    (next: Place) => onSelect((before) => ({ ...before, head: next })),
    [onSelect],
  );
  if (!part || n === 0) return <Text c="dimmed">There is no attention to show</Text>;
  return (
    <Stack gap="md" className={styles.view}>
      <div className={styles.scroller}>
        <SegmentedControl
          aria-label="Part of the attention"
          size="xs"
          data={available.map((value) => ({ value, label: PART_LABELS[value] }))}
          value={part}
          onChange={(next) => onSelect((before) => ({ ...before, part: next }))}
        />
      </div>
      <div className={styles.split}>
        <section className={`${styles.column} ${styles.all}`} aria-label="All heads">
          <Text size="sm" c="dimmed">
            {layers.length} × {heads.length} heads, each on a scale of its own
          </Text>
          <HeadGrid attention={attention} part={part} place={head} onSelect={selectHead} />
        </section>
        <OneHead
          attention={attention}
          part={part}
          head={head}
          pair={pair}
          onPair={(next) => onSelect((before) => ({ ...before, pair: next }))}
        />
      </div>
    </Stack>
  );
}

interface OneHeadProps {
  attention: Attention;
  part: Part;
  head: Place;
  pair: Place;
  onPair: (pair: Place) => void;
}

function OneHead({ attention, part, head: { row, column }, pair, onPair }: OneHeadProps) {
  // The same array while the head is the same: pictures are drawn anew when it is another one.
  const matrix = useMemo(() => matrixOf(attention, part, { row, column })!, [attention, part, row, column]);
  const range = useMemo(() => rangeOf(matrix), [matrix]);
  const name = `Layer ${attention.layers[row]}, head ${attention.heads[column]}`;
  return (
    <>
      <section className={`${styles.column} ${styles.one}`} aria-label={name}>
        <Text fw={600}>{name}</Text>
        <HeatMap
          matrix={matrix}
          tokens={attention.tokens}
          range={range}
          label={`${PART_LABELS[part]}, ${name}`}
          pair={pair}
          onSelect={onPair}
        />
        <Legend range={range} />
      </section>
      <section className={`${styles.column} ${styles.told}`} aria-label="The pair that is pointed at">
        <div role="status" className={styles.pair}>
          <Text>
            From <b>{attention.tokens[pair.row]}</b> <Dimmed>({pair.row})</Dimmed> to{' '}
            <b>{attention.tokens[pair.column]}</b> <Dimmed>({pair.column})</Dimmed>
          </Text>
          <Facts
            boxed={false}
            facts={PARTS.map((one) => [
              PART_LABELS[one],
              attention.parts.has(one)
                ? formatScore(valueAt(attention, one, { row, column }, pair))
                : 'the model has none',
            ])}
          />
        </div>
        <DistanceChart matrix={matrix} n={attention.n} distance={pair.column - pair.row} />
      </section>
    </>
  );
}

function Dimmed({ children }: { children: ReactNode }) {
  return (
    <Text span c="dimmed">
      {children}
    </Text>
  );
}
