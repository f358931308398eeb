import type { Job, JobEvent } from '@heddle/client';
import { Paper, Timeline as Stages, Text } from '@mantine/core';
import { DataTable } from '../../shared/data-table.js';
import { formatDuration } from '../../shared/format.js';
import { Section } from '../../shared/page.js';
import { StatusBadge } from '../../shared/status.js';
import { When } from '../../shared/when.js';
import { TimeBar } from './time-bar.js';
import { attemptsOf, stagesOf } from './timeline.js';

/** When it was where, and where its time went. */
export function Timeline({ job }: { job: Job }) {
  const stages = stagesOf(job);
  return (
    <Section title="Timeline">
      <Paper withBorder p="md">
        {job.timing && <TimeBar timing={job.timing} />}
        <Stages active={stages.findLastIndex(({ done }) => done)} bulletSize={16} lineWidth={2}>
          {stages.map(({ name, at, tookMs, done, note }) => (
            <Stages.Item key={name} title={name} c={done ? undefined : 'dimmed'}>
              <Text size="xs" c="dimmed">
                {[
                  done ? null : 'not yet',
                  tookMs === null
                    ? null
                    : `${name === 'finished' ? 'all together ' : ''}${formatDuration(tookMs)}`,
                  note,
                ]
                  .filter(Boolean)
                  .join(' · ')}
              </Text>
              {at !== null && (
                <Text size="xs" c="dimmed">
                  <When at={at} exact />
                </Text>
              )}
            </Stages.Item>
          ))}
        </Stages>
      </Paper>
    </Section>
  );
}

/** Each try at it, once there was one. */
export function Attempts({ events }: { events: readonly JobEvent[] }) {
  const attempts = attemptsOf(events);
  if (attempts.length === 0) return null;
  return (
    <Section title="Attempts">
      <DataTable
        label="Attempts"
        rows={attempts}
        keyOf={({ startedAt }) => startedAt}
        columns={[
          { title: 'Attempt', cell: ({ number }) => number },
          { title: 'Began', cell: ({ startedAt }) => <When at={startedAt} exact /> },
          { title: 'Ended', cell: ({ endedAt }) => <When at={endedAt} exact /> },
          { title: 'Then', cell: ({ became }) => (became === null ? '' : <StatusBadge status={became} />) },
        ]}
      />
    </Section>
  );
}
