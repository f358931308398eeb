import type { Batch } from '@heddle/client';
import { Paper, Progress, Stack, Text } from '@mantine/core';
import { formatCount, formatDuration } from '../../shared/format.js';
import { useNow } from '../../shared/now.js';
import { doneOf, restMs } from './progress.js';

/** How far a batch is, and how long the rest takes; nothing of one whose file was refused. */
export function LinesDone({ batch }: { batch: Batch }) {
  const now = useNow();
  const { done, total } = doneOf(batch);
  if (batch.status === 'failed') return null;
  const { succeeded, failed, canceled, expired } = batch.counts;
  const share = (lines: number) => (total === 0 ? 0 : (100 * lines) / total);
  const rest = restMs(batch, now);
  return (
    <Paper withBorder p="md">
      <Stack gap="xs">
        <Text size="sm" role="status">
          {total === 0 ? (
            'Its file is being read.'
          ) : (
            <>
              <b>{formatCount(done)}</b> of {formatCount(total)} lines are done
              {rest === null ? '' : `; the others take about ${formatDuration(rest)} at this pace`}
            </>
          )}
        </Text>
        <Progress.Root size="lg">
          <Progress.Section value={share(succeeded)} color="green" aria-label="Lines that succeeded" />
          <Progress.Section value={share(failed)} color="red" aria-label="Lines that failed" />
          <Progress.Section
            value={share(canceled + expired)}
            color="gray"
            aria-label="Lines that were canceled or have expired"
          />
        </Progress.Root>
      </Stack>
    </Paper>
  );
}
