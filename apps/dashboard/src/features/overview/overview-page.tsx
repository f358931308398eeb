import { Group, SegmentedControl, Stack, Switch } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { LIVE_MS } from '../../api/queries.js';
import { readStats, STATS_RANGES } from '../../api/stats.js';
import { useMay } from '../../api/use-session.js';
import { Loaded } from '../../shared/loaded.js';
import { Page } from '../../shared/page.js';
import { Charts } from './charts.js';
import { Figures } from './figures.js';
import { RecentFailures } from './recent-failures.js';
import { overviewSearch } from './search.js';
import { Waiting } from './waiting.js';

const route = getRouteApi('/');
const DEFAULT_RANGE = '1h';

export function OverviewPage() {
  const mayRead = useMay('read', 'operate');
  const maySeeJobs = useMay('infer', 'read');
  return (
    <Page title="Overview">
      {mayRead && <Statistics />}
      {mayRead && <Waiting />}
      {maySeeJobs && <RecentFailures />}
    </Page>
  );
}

function Statistics() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const mayAll = useMay('operate');
  const mayOwn = useMay('read');
  const { range = DEFAULT_RANGE } = search;
  const tenants = mayAll && (search.tenants === 'all' || !mayOwn) ? 'all' : 'own';
  const stats = useQuery({
    queryKey: ['stats', range, tenants],
    queryFn: ({ signal }) => readStats(range, tenants, signal),
    refetchInterval: LIVE_MS,
    placeholderData: keepPreviousData,
  });
  return (
    <Stack gap="md">
      <Group justify="space-between">
        <SegmentedControl
          aria-label="Time"
          size="xs"
          data={[...STATS_RANGES]}
          value={range}
          onChange={(next) => void navigate({ to: '/', search: { ...search, range: next }, replace: true })}
        />
        {mayAll && mayOwn && (
          <Switch
            label="All tenants"
            checked={tenants === 'all'}
            onChange={({ currentTarget }) =>
              void navigate({
                to: '/',
                search: overviewSearch({ ...search, tenants: currentTarget.checked ? 'all' : undefined }),
                replace: true,
              })
            }
          />
        )}
      </Group>
      <Loaded query={stats} lines={8}>
        {(data) => (
          <>
            <Figures stats={data} />
            <Charts points={data.points} />
          </>
        )}
      </Loaded>
    </Stack>
  );
}
