import type { Job } from '@heddle/client';
import { Alert, Progress, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { client } from '../../api/client.js';
import { LIVE_MS } from '../../api/queries.js';
import { useMay } from '../../api/use-session.js';
import { CopyText } from '../../shared/copy-text.js';
import { Facts } from '../../shared/facts.js';
import { formatCount } from '../../shared/format.js';
import { Json } from '../../shared/json.js';
import { Loaded } from '../../shared/loaded.js';
import { Page, Section } from '../../shared/page.js';
import { StatusBadge } from '../../shared/status.js';
import { When } from '../../shared/when.js';
import { Actions } from './actions.js';
import { Deliveries } from './deliveries.js';
import styles from './job-page.module.css';
import { Results } from './results.js';
import { Attempts, Timeline } from './timeline-view.js';
import { useEvents } from './use-events.js';

const route = getRouteApi('/jobs/$id');

export function JobPage() {
  const { id } = route.useParams();
  const job = useQuery({
    queryKey: ['job', id],
    queryFn: ({ signal }) => client.jobs.get(id, { signal }),
    // Events say it sooner; this holds where no stream gets through.
    refetchInterval: ({ state }) => (state.data?.completed_at === null ? LIVE_MS : false),
  });
  const { events } = useEvents(id);
  const progress = events.findLast((event) => event.event === 'progress');
  return (
    <Page title="Job" about={<CopyText text={id} />} actions={job.data && <Actions job={job.data} />}>
      <Loaded query={job} lines={10}>
        {(data) => (
          <>
            <Summary job={data} />
            {data.completed_at === null && progress?.event === 'progress' && (
              <Progress
                value={(100 * progress.data.done) / Math.max(1, progress.data.total)}
                aria-label="Inputs that are done"
              />
            )}
            <div className={styles.columns}>
              <Stack gap="md">
                <Results job={data} />
                <Attempts events={events} />
                <Parameters job={data} />
              </Stack>
              <Timeline job={data} />
            </div>
            <Webhooks job={data} />
          </>
        )}
      </Loaded>
    </Page>
  );
}

function Summary({ job }: { job: Job }) {
  const { usage, counts } = job;
  return (
    <>
      {job.error && (
        <Alert color="red" title={job.error.code}>
          {job.error.message} (attempt {job.error.attempt}; {job.error.retryable ? 'may' : 'would not'}{' '}
          succeed if it is run again)
        </Alert>
      )}
      <Facts
        facts={[
          ['Status', <StatusBadge key="status" status={job.status} />],
          ['Model', `${job.model}${job.alias === null ? '' : `@${job.alias}`}`],
          ['Version', <CopyText key="version" text={job.version} label={String(job.version_number)} />],
          ['Task', job.task],
          ['Source', job.source],
          ['Priority', job.priority],
          ['Inputs', `${formatCount(counts.total)}: ${counts.succeeded} succeeded, ${counts.failed} failed`],
          ['Attempts', String(job.attempts)],
          [
            'Tokens',
            usage ? `${formatCount(usage.tokens)} (${formatCount(usage.padded_tokens)} with padding)` : '–',
          ],
          ['Cut', usage ? `${formatCount(usage.truncated)} inputs` : '–'],
          ['Deadline', <When key="deadline" at={job.deadline} />],
          ['Texts are kept', job.data_removed ? 'no longer' : <When key="expires" at={job.expires_at} />],
          ['Trace', job.trace_id === null ? '–' : <CopyText key="trace" text={job.trace_id} />],
          ...(job.canary ? [['Canary', 'yes'] as const] : []),
          ...(job.batch === null ? [] : [['Batch', <CopyText key="batch" text={job.batch} />] as const]),
          ...(job.evaluation === null
            ? []
            : [['Evaluation', <CopyText key="evaluation" text={job.evaluation} />] as const]),
        ]}
      />
    </>
  );
}

function Parameters({ job: { parameters, metadata } }: { job: Job }) {
  return (
    <Section title="Parameters and metadata">
      <Json value={{ parameters, metadata }} />
    </Section>
  );
}

function Webhooks({ job }: { job: Job }) {
  const mayRead = useMay('read');
  return (
    <Section title="Deliveries">
      {mayRead ? <Deliveries job={job.id} /> : <Text size="sm">A key with the scope read sees them.</Text>}
    </Section>
  );
}
