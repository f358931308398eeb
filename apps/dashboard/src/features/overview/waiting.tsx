import { Badge } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { client } from '../../api/client.js';
import { LIVE_MS } from '../../api/queries.js';
import { DataTable } from '../../shared/data-table.js';
import { formatCount, formatDuration, formatRate } from '../../shared/format.js';
import { TextLink } from '../../shared/link.js';
import { Loaded, Nothing } from '../../shared/loaded.js';
import { Section } from '../../shared/page.js';

/** What waits at this moment, by version. */
export function Waiting() {
  const queues = useQuery({
    queryKey: ['queues', 'waiting'],
    queryFn: ({ signal }) => client.queues.list({ limit: 100 }, { signal }).page(),
    refetchInterval: LIVE_MS,
    select: ({ data }) => data.filter(({ queued, running, paused }) => queued > 0 || running > 0 || paused),
  });
  return (
    <Section title="In the queues now" actions={<TextLink to="/queues">All queues</TextLink>}>
      <Loaded
        query={queues}
        isEmpty={(rows) => rows.length === 0}
        empty={<Nothing title="Nothing waits" />}
        lines={2}
      >
        {(rows) => (
          <DataTable
            label="In the queues now"
            rows={rows}
            keyOf={({ id }) => id}
            columns={[
              {
                title: 'Version',
                cell: ({ model, version_number, paused }) => (
                  <>
                    {model}@{version_number} {paused && <Badge color="orange">paused</Badge>}
                  </>
                ),
              },
              { title: 'Queued', numeric: true, cell: ({ queued }) => formatCount(queued) },
              { title: 'Tokens', numeric: true, cell: ({ queued_tokens }) => formatCount(queued_tokens) },
              { title: 'Running', numeric: true, cell: ({ running }) => formatCount(running) },
              {
                title: 'Oldest',
                numeric: true,
                cell: ({ oldest_age_s }) =>
                  formatDuration(oldest_age_s === null ? null : oldest_age_s * 1000),
              },
              {
                title: 'Tokens a second',
                numeric: true,
                cell: ({ tokens_per_s }) => formatRate(tokens_per_s),
              },
              {
                title: 'Done in',
                numeric: true,
                cell: ({ eta_s }) => formatDuration(eta_s === null ? null : eta_s * 1000),
              },
              { title: 'Workers', numeric: true, cell: ({ workers }) => formatCount(workers) },
            ]}
          />
        )}
      </Loaded>
    </Section>
  );
}
