import type { Alias } from '@heddle/client';
import { Text } from '@mantine/core';
import { Facts } from '../../shared/facts.js';
import { formatCount, formatScore, formatShare } from '../../shared/format.js';

type Comparison = NonNullable<NonNullable<Alias['shadow']>['comparisons']>[number];

/** How often the shadow decides otherwise, of what it was asked. */
export function ShadowFacts({ comparisons }: { comparisons: readonly Comparison[] }) {
  if (comparisons.length === 0)
    return (
      <Text size="sm" c="dimmed">
        Nothing was compared yet: it answers what is asked of the alias while there is nothing else to do.
      </Text>
    );
  return comparisons.map(
    ({ task, agreement, decisions, jobs, dropped, failed, mean_score_difference: difference }) => (
      <Facts
        boxed={false}
        key={task}
        facts={[
          ['Task', task],
          ['Disagreement', formatShare(agreement === null ? null : 1 - agreement)],
          ['Decisions compared', formatCount(decisions)],
          ['Mean difference of scores', formatScore(difference)],
          ['Jobs compared', formatCount(jobs)],
          ['Failed by the shadow', formatCount(failed)],
          ['Left out', formatCount(dropped)],
        ]}
      />
    ),
  );
}
