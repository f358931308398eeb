import type { Worker } from '@heddle/client';
import { Group, Paper, Stack, Text, Title } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { client } from '../../api/client.js';
import { Confirm } from '../../shared/confirm.js';
import { Facts } from '../../shared/facts.js';
import { formatBytes, formatCount, shortId } from '../../shared/format.js';
import { StatusBadge } from '../../shared/status.js';
import { When } from '../../shared/when.js';
import styles from './workers.module.css';

/** One worker: where it runs, what it does, and which versions are in its memory. */
export function WorkerCard({ worker }: { worker: Worker }) {
  const { id, host, status, device, threads, jobs_running, jobs_done, drain_requested_at } = worker;
  return (
    <Paper component="article" withBorder p="md" aria-label={`Worker on ${host}`}>
      <Stack gap="sm">
        <Group justify="space-between" align="flex-start" wrap="nowrap">
          <div>
            <Title order={2} size="h5">
              {host}
            </Title>
            <span className={styles.id} title={id}>
              {shortId(id)}
            </span>
          </div>
          <StatusBadge status={status} />
        </Group>
        <Facts
          boxed={false}
          facts={[
            ['Device', `${device}, ${threads === 1 ? '1 thread' : `${threads} threads`}`],
            ['Build', worker.build ?? 'not told'],
            ['Jobs running', formatCount(jobs_running)],
            ['Jobs done', formatCount(jobs_done)],
            ['Heard of', <When key="heard" at={worker.heartbeat_at} />],
            ['Started', <When key="started" at={worker.started_at} />],
          ]}
        />
        <LoadedVersions worker={worker} />
        {drain_requested_at !== null && (
          <Text size="sm">
            Told to drain <When at={drain_requested_at} />.
          </Text>
        )}
        <Drain worker={worker} />
      </Stack>
    </Paper>
  );
}

function LoadedVersions({ worker: { versions } }: { worker: Worker }) {
  if (versions.length === 0)
    return (
      <Text size="sm" c="dimmed">
        No version is in its memory.
      </Text>
    );
  return (
    <ul className={styles.versions} aria-label="Versions in its memory">
      {versions.map(({ version, model, rss_bytes }) => (
        <li key={version}>
          <span title={version}>{model}</span>
          <span>{formatBytes(rss_bytes)}</span>
        </li>
      ))}
    </ul>
  );
}

function Drain({ worker: { id, host, status } }: { worker: Worker }) {
  const queries = useQueryClient();
  if (status === 'draining' || status === 'lost') return null;
  return (
    <Group justify="flex-end">
      <Confirm
        verb="Drain"
        title={`Drain the worker on ${host}?`}
        run={() => client.workers.drain(id).then(() => queries.invalidateQueries({ queryKey: ['workers'] }))}
        danger={false}
        variant="default"
      >
        It takes no more jobs and ends when those that it holds have ended.
      </Confirm>
    </Group>
  );
}
