import { useQuery } from '@tanstack/react-query';
import { client } from '../../api/client.js';
import { LIVE_MS } from '../../api/queries.js';
import { DataTable } from '../../shared/data-table.js';
import { shortId } from '../../shared/format.js';
import { TextLink } from '../../shared/link.js';
import { Loaded, Nothing } from '../../shared/loaded.js';
import { Section } from '../../shared/page.js';
import { StatusBadge } from '../../shared/status.js';
import { When } from '../../shared/when.js';

const SHOWN = 10;

export function RecentFailures() {
  const failures = useQuery({
    queryKey: ['jobs', 'failures'],
    queryFn: ({ signal }) =>
      client.jobs.list({ status: ['failed', 'expired'], limit: SHOWN }, { signal }).page(),
    refetchInterval: LIVE_MS,
  });
  return (
    <Section
      title="Recent failures"
      actions={
        <TextLink to="/jobs" search={{ status: ['failed', 'expired'] }}>
          All
        </TextLink>
      }
    >
      <Loaded
        query={failures}
        isEmpty={({ data }) => data.length === 0}
        empty={<Nothing title="No job has failed" />}
        lines={3}
      >
        {({ data }) => (
          <DataTable
            label="Recent failures"
            rows={data}
            keyOf={({ id }) => id}
            columns={[
              {
                title: 'Job',
                cell: ({ id }) => (
                  <TextLink to="/jobs/$id" params={{ id }}>
                    {shortId(id)}
                  </TextLink>
                ),
              },
              { title: 'Status', cell: ({ status }) => <StatusBadge status={status} /> },
              { title: 'Version', cell: ({ model, version_number }) => `${model}@${version_number}` },
              { title: 'Error', cell: ({ error }) => (error ? `${error.code}: ${error.message}` : '') },
              { title: 'Ended', cell: ({ completed_at }) => <When at={completed_at} /> },
            ]}
          />
        )}
      </Loaded>
    </Section>
  );
}
