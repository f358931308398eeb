import { Paper, Text } from '@mantine/core';
import type { Stats } from '../../api/stats.js';
import { formatCount, formatDuration, formatRate, formatShare } from '../../shared/format.js';
import { When } from '../../shared/when.js';
import styles from './overview.module.css';

/** The range in numbers: what was done in all of it, and what waits at its end. */
export function Figures({ stats: { total, points, until } }: { stats: Stats }) {
  const last = points.findLast(({ queued }) => queued !== null);
  const ended = total.jobs.succeeded + total.jobs.failed + total.jobs.canceled + total.jobs.expired;
  const figures: [name: string, value: string, more: string][] = [
    ['Jobs ended', formatCount(ended), `${formatRate(total.jobs_per_s)} a second`],
    ['Tokens', formatCount(total.tokens), `${formatRate(total.tokens_per_s)} a second`],
    ['Waiting now', formatCount(last?.queued), `${formatCount(last?.queued_tokens)} tokens`],
    ['Oldest waits', formatDuration(seconds(last?.oldest_age_s)), 'since it was accepted'],
    [
      'Half end within',
      formatDuration(total.duration_ms?.p50),
      `95 % within ${formatDuration(total.duration_ms?.p95)}`,
    ],
    ['Errors', formatShare(total.error_share), `${formatCount(total.jobs.failed + total.jobs.expired)} jobs`],
    ['Padding', formatShare(total.padding_share), 'of the tokens computed'],
    ['Workers', formatCount(last?.workers), 'that take jobs'],
  ];
  return (
    <div>
      <dl className={styles.figures}>
        {figures.map(([name, value, more]) => (
          <Paper key={name} withBorder p="sm" component="div">
            <dt className={styles.name}>{name}</dt>
            <dd className={styles.value}>{value}</dd>
            <dd className={styles.more}>{more}</dd>
          </Paper>
        ))}
      </dl>
      <Text size="xs" c="dimmed" mt={4}>
        Counted minute by minute; the last one ended <When at={until} />.
      </Text>
    </div>
  );
}

function seconds(s: number | null | undefined): number | null {
  return s == null ? null : s * 1000;
}
