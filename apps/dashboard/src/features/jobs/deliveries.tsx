import { useQuery } from '@tanstack/react-query';
import { client } from '../../api/client.js';
import { CALM_MS } from '../../api/queries.js';
import { DataTable } from '../../shared/data-table.js';
import { Loaded, Nothing } from '../../shared/loaded.js';
import { StatusBadge } from '../../shared/status.js';
import { When } from '../../shared/when.js';

/** What was posted about the job, and what came of it. */
export function Deliveries({ job }: { job: string }) {
  const deliveries = useQuery({
    queryKey: ['deliveries', { job }],
    queryFn: ({ signal }) => client.deliveries.list({ job }, { signal }).page(),
    refetchInterval: CALM_MS,
  });
  return (
    <Loaded
      query={deliveries}
      isEmpty={({ data }) => data.length === 0}
      empty={<Nothing title="Nobody is told of this job" />}
      lines={2}
    >
      {({ data }) => (
        <DataTable
          label="Deliveries"
          rows={data}
          keyOf={({ id }) => id}
          columns={[
            { title: 'Event', cell: ({ event_type }) => event_type },
            { title: 'Status', cell: ({ status }) => <StatusBadge status={status} /> },
            { title: 'To', cell: ({ url }) => url },
            { title: 'Attempts', numeric: true, cell: ({ attempt_count }) => attempt_count },
            { title: 'Delivered', cell: ({ delivered_at }) => <When at={delivered_at} /> },
            { title: 'Next attempt', cell: ({ next_attempt_at }) => <When at={next_attempt_at} /> },
          ]}
        />
      )}
    </Loaded>
  );
}
