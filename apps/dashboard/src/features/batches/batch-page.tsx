import type { Batch } from '@heddle/client';
import { Anchor, Group, Progress, Text } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { client } from '../../api/client.js';
import { LIVE_MS } from '../../api/queries.js';
import { useMay } from '../../api/use-session.js';
import { Confirm } from '../../shared/confirm.js';
import { CopyText } from '../../shared/copy-text.js';
import { DataTable } from '../../shared/data-table.js';
import { Facts } from '../../shared/facts.js';
import { formatCount, formatDuration } from '../../shared/format.js';
import { TextLink } from '../../shared/link.js';
import { Loaded } from '../../shared/loaded.js';
import { useNow } from '../../shared/now.js';
import { Page, Section } from '../../shared/page.js';
import { StatusBadge } from '../../shared/status.js';
import { When } from '../../shared/when.js';
import { doneOf, restMs } from './progress.js';

const route = getRouteApi('/batches/$id');

export function BatchPage() {
  const { id } = route.useParams();
  const mayInfer = useMay('infer');
  const queries = useQueryClient();
  const batch = useQuery({
    queryKey: ['batch', id],
    queryFn: ({ signal }) => client.batches.get(id, { signal }),
    refetchInterval: ({ state }) => (state.data?.completed_at === null ? LIVE_MS : false),
  });
  const cancel = () => client.batches.cancel(id).then((next) => queries.setQueryData(['batch', id], next));
  return (
    <Page
      title="Batch"
      about={<CopyText text={id} />}
      actions={
        mayInfer &&
        batch.data?.completed_at === null && (
          <Confirm verb="Cancel the batch" title="Cancel this batch?" run={cancel}>
            Lines that are done stay done, and are in its file of outputs.
          </Confirm>
        )
      }
    >
      <Loaded query={batch} lines={8}>
        {(data) => (
          <>
            <Summary batch={data} />
            <Downloads batch={data} />
            {data.errors.length > 0 && (
              <Section title={`Problems (${formatCount(data.error_count)})`}>
                <DataTable
                  label="Problems by line"
                  rows={data.errors}
                  keyOf={({ line, code, custom_id }) => `${line} ${code} ${custom_id}`}
                  columns={[
                    { title: 'Line', numeric: true, cell: ({ line }) => line ?? 'the file' },
                    { title: 'Id', cell: ({ custom_id }) => custom_id ?? '' },
                    { title: 'Code', cell: ({ code }) => code },
                    { title: 'What is wrong', cell: ({ message }) => message },
                  ]}
                />
              </Section>
            )}
          </>
        )}
      </Loaded>
    </Page>
  );
}

function Summary({ batch }: { batch: Batch }) {
  const now = useNow();
  const { done, total } = doneOf(batch);
  const rest = restMs(batch, now);
  return (
    <>
      <Progress value={total === 0 ? 0 : (100 * done) / total} aria-label="Lines that are done" />
      <Text size="sm" role="status">
        {formatCount(done)} of {formatCount(total)} lines are done
        {rest === null ? '' : `; the others take about ${formatDuration(rest)} at this pace`}
      </Text>
      <Facts
        facts={[
          ['Status', <StatusBadge key="status" status={batch.status} />],
          ['Version', `${batch.model}@${batch.version_number}`],
          ['Task', batch.task],
          ['Succeeded', formatCount(batch.counts.succeeded)],
          ['Failed', formatCount(batch.counts.failed)],
          ['Canceled', formatCount(batch.counts.canceled)],
          ['Expired', formatCount(batch.counts.expired)],
          ['Tokens', formatCount(batch.usage.tokens)],
          ['Wrong lines', batch.invalid_lines === 'skip' ? 'are left out' : 'refuse the file'],
          ['Made', <When key="made" at={batch.created_at} exact />],
          ['Ended', <When key="ended" at={batch.completed_at} exact />],
          ['Deadline', <When key="deadline" at={batch.deadline} />],
        ]}
      />
    </>
  );
}

/** A link carries the cookie, and the server says that it is to be saved. */
function Downloads({ batch: { id, file, output_file, error_file } }: { batch: Batch }) {
  const files: [string, string | null][] = [
    ['Outputs', output_file],
    ['Lines without one', error_file],
    ['The file that was sent', file],
  ];
  return (
    <Group>
      {files.map(([label, name]) =>
        name === null ? null : (
          <Anchor key={label} href={`/v1/files/${encodeURIComponent(name)}/content`} download>
            {label}
          </Anchor>
        ),
      )}
      <TextLink to="/jobs" search={{ batch: id }}>
        Its jobs
      </TextLink>
    </Group>
  );
}
