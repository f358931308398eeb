import type { Webhook } from '@heddle/client';
import { Alert, Code, Group, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { client } from '../../api/client.js';
import { CALM_MS } from '../../api/queries.js';
import { useMay } from '../../api/use-session.js';
import { CopyText } from '../../shared/copy-text.js';
import { Facts } from '../../shared/facts.js';
import { Loaded } from '../../shared/loaded.js';
import { Page, Section } from '../../shared/page.js';
import { StatusBadge } from '../../shared/status.js';
import { When } from '../../shared/when.js';
import { DeliveryLog } from './delivery-log.js';
import { Operations } from './operations.js';

const route = getRouteApi('/webhooks/$id');

export function WebhookPage() {
  const { id } = route.useParams();
  const mayManage = useMay('manage');
  const webhook = useQuery({
    queryKey: ['webhooks', id],
    queryFn: ({ signal }) => client.webhooks.get(id, { signal }),
    refetchInterval: CALM_MS,
  });
  return (
    <Page
      title="Endpoint"
      about={
        <>
          {webhook.data?.url} <CopyText text={id} />
        </>
      }
      actions={mayManage && webhook.data && <Operations webhook={webhook.data} />}
    >
      <Loaded query={webhook}>{(data) => <About webhook={data} />}</Loaded>
      <Section title="Deliveries">
        <DeliveryLog webhook={id} />
      </Section>
    </Page>
  );
}

function About({ webhook }: { webhook: Webhook }) {
  const { events, description, enabled, disabled_reason, max_in_flight, consecutive_failures } = webhook;
  return (
    <>
      {!enabled && <Disabled reason={disabled_reason ?? 'manual'} />}
      <Facts
        facts={[
          ['Description', description === '' ? '–' : description],
          ['Status', <StatusBadge key="status" status={enabled ? 'enabled' : 'disabled'} />],
          [
            'Events',
            <Group key="events" gap={4}>
              {events.map((event) => (
                <Code key={event}>{event}</Code>
              ))}
            </Group>,
          ],
          ['Requests at a time', String(max_in_flight)],
          ['Failures in a row', String(consecutive_failures)],
          ['Last success', <When key="success" at={webhook.last_success_at} />],
          ['Last failure', <When key="failure" at={webhook.last_failure_at} />],
          ['Made', <When key="made" at={webhook.created_at} />],
        ]}
      />
    </>
  );
}

const REASONS: Record<NonNullable<Webhook['disabled_reason']>, string> = {
  failing: 'Every attempt of five days has failed, so nothing is sent to it any more.',
  gone: 'It has answered 410 Gone, so nothing is sent to it any more.',
  manual: 'Somebody has disabled it.',
};

function Disabled({ reason }: { reason: NonNullable<Webhook['disabled_reason']> }) {
  return (
    <Alert color={reason === 'manual' ? 'gray' : 'red'} title="This endpoint is disabled" role="status">
      <Text size="sm">
        {REASONS[reason]} What it has missed can be replayed for 30 days once it is enabled again.
      </Text>
    </Alert>
  );
}
