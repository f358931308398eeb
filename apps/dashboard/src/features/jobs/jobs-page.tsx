import { ApiError } from '@heddle/client';
import { Button, Group, Text } from '@mantine/core';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useMemo } from 'react';
import { client } from '../../api/client.js';
import { LIVE_MS } from '../../api/queries.js';
import { Loaded, Nothing } from '../../shared/loaded.js';
import { Page } from '../../shared/page.js';
import { Filters } from './filters.js';
import { JobTable } from './job-table.js';
import { listQuery } from './search.js';

const route = getRouteApi('/jobs');
/** The most that the API gives at once. */
const PAGE_SIZE = 100;
/** Pages up to which the list is asked for again by itself. */
const MAX_LIVE_PAGES = 1;

export function JobsPage() {
  const search = route.useSearch();
  const jobs = useInfiniteQuery({
    queryKey: ['jobs', 'list', search],
    queryFn: ({ pageParam, signal }) =>
      client.jobs.list({ ...listQuery(search), limit: PAGE_SIZE }, { signal }).page(pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next_cursor }) => next_cursor ?? undefined,
    // What the server refuses as a filter it refuses the next time as well.
    refetchInterval: ({ state: { data, error } }) =>
      (error instanceof ApiError && error.status === 400) || (data?.pages.length ?? 0) > MAX_LIVE_PAGES
        ? false
        : LIVE_MS,
    placeholderData: keepPreviousData,
  });
  const rows = useMemo(() => jobs.data?.pages.flatMap(({ data }) => data) ?? [], [jobs.data]);
  const isLive = (jobs.data?.pages.length ?? 0) <= MAX_LIVE_PAGES;
  const isFiltered = Object.keys(search).length > 0;
  return (
    <Page title="Jobs">
      <Filters />
      <Loaded
        query={jobs}
        isEmpty={() => rows.length === 0}
        empty={
          <Nothing title={isFiltered ? 'No job is like this' : 'There are no jobs yet'}>
            {isFiltered
              ? 'Take a filter away to see more.'
              : 'Jobs that are submitted appear here by themselves.'}
          </Nothing>
        }
        lines={10}
      >
        {() => (
          <>
            <JobTable
              jobs={rows}
              hasMore={jobs.hasNextPage}
              onEnd={() => {
                if (jobs.hasNextPage && !jobs.isFetchingNextPage) void jobs.fetchNextPage();
              }}
            />
            <Group justify="space-between">
              <Text size="sm" c="dimmed" role="status">
                {rows.length} shown{jobs.hasNextPage ? ', there are more' : ''}.
                {isLive ? ' New ones appear by themselves.' : ' This long a list stands still.'}
              </Text>
              <Group gap="xs">
                {!isLive && (
                  <Button size="xs" variant="default" onClick={() => void jobs.refetch()}>
                    Look again
                  </Button>
                )}
                {jobs.hasNextPage && (
                  <Button
                    size="xs"
                    variant="default"
                    loading={jobs.isFetchingNextPage}
                    onClick={() => void jobs.fetchNextPage()}
                  >
                    Show more
                  </Button>
                )}
              </Group>
            </Group>
          </>
        )}
      </Loaded>
    </Page>
  );
}
