import type { OutputOf } from '@heddle/client';
import { SegmentedControl, Stack, Text } from '@mantine/core';
import { useMemo, useState } from 'react';
import { Facts } from '../../../shared/facts.js';
import { formatScore } from '../../../shared/format.js';
import { attentionOf, matrixOf, PART_LABELS, PARTS, type Part, rangeOf, valueAt } from './attention.js';
import styles from './attention.module.css';
import { DistanceChart } from './distance-chart.js';
import { HeadGrid } from './head-grid.js';
import { HeatMap, type Pair } from './heat-map.js';

/** Where a text's tokens look: all heads, one of them, and the three terms of one pair. */
export function AttentionView({ output }: { output: OutputOf<'attention'> }) {
  const attention = useMemo(() => attentionOf(output), [output]);
  const [wanted, setPart] = useState<Part>('probs');
  const [{ layer, head }, setPlace] = useState({ layer: 0, head: 0 });
  const [pair, setPair] = useState<Pair>({ from: 0, to: 0 });
  const available = PARTS.filter((one) => attention.parts.has(one));
  const part = available.includes(wanted) ? wanted : available[0];
  const range = useMemo(
    () => rangeOf((part && attention.parts.get(part)) ?? new Float32Array()),
    [attention, part],
  );
  const matrix = part && matrixOf(attention, part, layer, head);
  if (!part || !matrix) return <Text c="dimmed">There is no attention to show</Text>;

  const label = `${PART_LABELS[part]}, layer ${layer}, head ${head}`;
  return (
    <Stack gap="sm">
      <SegmentedControl
        aria-label="Part of the attention"
        size="xs"
        data={available.map((value) => ({ value, label: PART_LABELS[value] }))}
        value={part}
        onChange={setPart}
        style={{ overflowX: 'auto' }}
      />
      <HeadGrid
        attention={attention}
        part={part}
        range={range}
        layer={layer}
        head={head}
        onSelect={(nextLayer, nextHead) => setPlace({ layer: nextLayer, head: nextHead })}
      />
      <Text fw={600}>{label}</Text>
      <div className={styles.split}>
        <HeatMap
          matrix={matrix}
          n={attention.n}
          range={range}
          label={label}
          selected={pair}
          onSelect={setPair}
        />
        <Stack gap="sm">
          <div role="status">
            <Text>
              From <b>{attention.tokens[pair.from]}</b> ({pair.from}) to <b>{attention.tokens[pair.to]}</b> (
              {pair.to})
            </Text>
            <Facts
              facts={PARTS.map((one) => [
                PART_LABELS[one],
                attention.parts.has(one)
                  ? formatScore(valueAt(attention, one, { layer, head, ...pair }))
                  : 'the model has none',
              ])}
            />
          </div>
          <DistanceChart matrix={matrix} n={attention.n} />
        </Stack>
      </div>
    </Stack>
  );
}
