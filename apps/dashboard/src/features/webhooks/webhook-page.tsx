import { Button, Group, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useState } from 'react';
import { client } from '../../api/client.js';
import { CALM_MS } from '../../api/queries.js';
import { useMay } from '../../api/use-session.js';
import { Facts } from '../../shared/facts.js';
import { Loaded } from '../../shared/loaded.js';
import { Page, Section } from '../../shared/page.js';
import { ProblemAlert } from '../../shared/problem.js';
import { SecretOnce } from '../../shared/secret-once.js';
import { When } from '../../shared/when.js';
import { DeliveryLog } from './delivery-log.js';

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
    <Page title="Webhook" about={id}>
      <Loaded query={webhook}>
        {(data) => (
          <Facts
            facts={[
              ['Address', data.url],
              ['Events', data.events.join(', ')],
              ['Enabled', data.enabled ? 'yes' : `no: ${data.disabled_reason ?? ''}`],
              ['Requests at a time', String(data.max_in_flight)],
              ['Failures in a row', String(data.consecutive_failures)],
              ['Last success', <When key="success" at={data.last_success_at} />],
              ['Last failure', <When key="failure" at={data.last_failure_at} />],
            ]}
          />
        )}
      </Loaded>
      {mayManage && <Operations id={id} />}
      <Section title="Deliveries">
        <DeliveryLog webhook={id} />
      </Section>
    </Page>
  );
}

function Operations({ id }: { id: string }) {
  const queries = useQueryClient();
  const [since, setSince] = useState('');
  const again = () => queries.invalidateQueries({ queryKey: ['deliveries'] });
  const testing = useMutation({ mutationFn: () => client.webhooks.test(id), onSuccess: again });
  const rotating = useMutation({ mutationFn: () => client.webhooks.rotateSecret(id) });
  const replaying = useMutation({
    mutationFn: () => client.webhooks.replay(id, { since: new Date(since).toISOString() }),
    onSuccess: again,
  });
  const error = testing.error ?? rotating.error ?? replaying.error;
  return (
    <>
      <Group align="flex-end">
        <Button variant="default" loading={testing.isPending} onClick={() => testing.mutate()}>
          Send a test
        </Button>
        <Button variant="default" loading={rotating.isPending} onClick={() => rotating.mutate()}>
          Change the secret
        </Button>
        <TextInput
          type="datetime-local"
          label="Replay what was not delivered since"
          value={since}
          onChange={({ currentTarget }) => setSince(currentTarget.value)}
        />
        <Button
          variant="default"
          disabled={since === ''}
          loading={replaying.isPending}
          onClick={() => replaying.mutate()}
        >
          Replay
        </Button>
      </Group>
      {error && <ProblemAlert error={error} />}
      {rotating.data && <SecretOnce title="The new secret" secret={rotating.data.secret} />}
      {replaying.data && <p role="status">{replaying.data.scheduled} deliveries are sent again.</p>}
    </>
  );
}
