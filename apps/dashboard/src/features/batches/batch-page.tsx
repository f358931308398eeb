import type { Batch } from '@heddle/client';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { client } from '../../api/client.js';
import { LIVE_MS } from '../../api/queries.js';
import { useMay } from '../../api/use-session.js';
import { Confirm } from '../../shared/confirm.js';
import { CopyText } from '../../shared/copy-text.js';
import { Facts } from '../../shared/facts.js';
import { formatCount, NOTHING } from '../../shared/format.js';
import { Loaded } from '../../shared/loaded.js';
import { Page } from '../../shared/page.js';
import { StatusBadge } from '../../shared/status.js';
import { When } from '../../shared/when.js';
import { BatchFiles } from './batch-files.js';
import { LineProblems } from './line-problems.js';
import { LinesDone } from './lines-done.js';
import { useBatchEvents } from './use-batch-events.js';

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
  useBatchEvents(id);
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
            <LinesDone batch={data} />
            <BatchFiles batch={data} />
            <LineProblems batch={data} />
            <Summary batch={data} />
          </>
        )}
      </Loaded>
    </Page>
  );
}

function Summary({ batch }: { batch: Batch }) {
  const { status, model, version_number, task, counts, usage, invalid_lines, priority } = batch;
  return (
    <Facts
      facts={[
        ['Status', <StatusBadge key="status" status={status} />],
        ['Version', model === null ? NOTHING : `${model}@${version_number}`],
        ['Task', task ?? NOTHING],
        ['Priority', priority],
        ['Succeeded', formatCount(counts.succeeded)],
        ['Failed', formatCount(counts.failed)],
        ['Canceled', formatCount(counts.canceled)],
        ['Expired', formatCount(counts.expired)],
        ['Tokens', formatCount(usage.tokens)],
        ['Wrong lines', invalid_lines === 'skip' ? 'are left out' : 'refuse the file'],
        ['Made', <When key="made" at={batch.created_at} exact />],
        ['Ended', <When key="ended" at={batch.completed_at} exact />],
        ['Deadline', <When key="deadline" at={batch.deadline} />],
      ]}
    />
  );
}
