import { Alert, EmptyState, Paper, Skeleton, Stack, Text, VisuallyHidden } from '@mantine/core';
import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { formatTime } from './format.js';
import { ProblemAlert } from './problem.js';

interface LoadedProps<T> {
  query: Pick<UseQueryResult<T>, 'data' | 'error' | 'dataUpdatedAt' | 'refetch' | 'isPaused'>;
  children: (data: T) => ReactNode;
  /** Whether there is nothing to show. */
  isEmpty?: (data: T) => boolean;
  empty?: ReactNode;
  /** Lines of the sketch that stands in while it loads. */
  lines?: number;
}

/** What a query brought, or that it loads, that there is nothing, what went wrong, or that what is shown is old. */
export function Loaded<T>({ query, children, isEmpty, empty, lines = 4 }: LoadedProps<T>) {
  const { data, error } = query;
  if (data === undefined)
    return error ? (
      <ProblemAlert error={error} onRetry={() => void query.refetch()} />
    ) : (
      <Loading lines={lines} />
    );
  return (
    <Stack gap="sm">
      {(error !== null || query.isPaused) && <Stale since={query.dataUpdatedAt} />}
      {isEmpty?.(data) ? empty : children(data)}
    </Stack>
  );
}

export function Loading({ lines = 4 }: { lines?: number }) {
  return (
    <Stack gap="xs" role="status">
      <VisuallyHidden>Loading</VisuallyHidden>
      {Array.from({ length: lines }, (_, line) => line).map((line) => (
        <Skeleton key={line} height={24} radius="sm" />
      ))}
    </Stack>
  );
}

function Stale({ since }: { since: number }) {
  return (
    <Alert color="yellow" role="status" p="xs">
      <Text size="sm">
        The server cannot be reached. This is as of {formatTime(new Date(since).toISOString())}; it is asked
        again.
      </Text>
    </Alert>
  );
}

/** That there is nothing, and what to do about it. */
export function Nothing({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <Paper withBorder>
      <EmptyState title={title} description={children} py="xl" />
    </Paper>
  );
}
