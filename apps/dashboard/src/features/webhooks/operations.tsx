import type { Webhook } from '@heddle/client';
import { Button, NativeSelect, Text, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { client } from '../../api/client.js';
import { Confirm } from '../../shared/confirm.js';
import { DialogButton } from '../../shared/dialog-button.js';
import { DialogForm } from '../../shared/dialog-form.js';
import { fromLocalField, toLocalField } from '../../shared/local-time.js';
import { RotateSecret } from './rotate-secret.js';
import { WebhookForm } from './webhook-form.js';

const MS_PER_DAY = 86_400_000;

/** What may be done with an endpoint. */
export function Operations({ webhook }: { webhook: Webhook }) {
  const { id, url, enabled } = webhook;
  const queries = useQueryClient();
  const navigate = useNavigate();
  const again = () => queries.invalidateQueries({ queryKey: ['webhooks'] });
  const remove = async () => {
    await client.webhooks.delete(id);
    queries.removeQueries({ queryKey: ['webhooks'], exact: true });
    await navigate({ to: '/webhooks' });
  };
  return (
    <>
      <Test id={id} />
      <DialogButton verb="Replay" title="Send again what is past" size="xs" variant="default">
        {(close) => <Replay id={id} close={close} />}
      </DialogButton>
      <DialogButton verb="Edit" title="Edit the endpoint" size="xs" variant="default">
        {(close) => <WebhookForm webhook={webhook} close={close} />}
      </DialogButton>
      <DialogButton verb="New secret" title="A new secret for its signatures" size="xs" variant="default">
        {(close) => <RotateSecret id={id} close={close} />}
      </DialogButton>
      <Confirm
        verb={enabled ? 'Disable' : 'Enable'}
        title={enabled ? 'Disable this endpoint?' : 'Enable this endpoint again?'}
        run={() => client.webhooks.update(id, { enabled: !enabled }).then(again)}
        danger={false}
        variant={enabled ? 'default' : 'light'}
      >
        {enabled
          ? 'What happens meanwhile is not sent. It can be replayed for 30 days.'
          : 'What happens from now on is sent. What it has missed can be replayed.'}
      </Confirm>
      <Confirm verb="Delete" title="Delete this endpoint?" run={remove}>
        {url} is told of nothing more.
      </Confirm>
    </>
  );
}

function Test({ id }: { id: string }) {
  const queries = useQueryClient();
  const testing = useMutation({
    mutationFn: () => client.webhooks.test(id),
    onSettled: () => queries.invalidateQueries({ queryKey: ['deliveries'] }),
  });
  return (
    <Button
      size="xs"
      color={testing.isError ? 'red.9' : undefined}
      loading={testing.isPending}
      onClick={() => testing.mutate()}
    >
      {testing.isError ? 'Refused: try again' : 'Send a test'}
    </Button>
  );
}

type ReplayStatus = 'exhausted' | 'skipped' | 'all';
const WHAT: { value: ReplayStatus; label: string }[] = [
  { value: 'exhausted', label: 'What was given up' },
  { value: 'skipped', label: 'What it missed while it was disabled' },
  { value: 'all', label: 'Everything, what was delivered too' },
];

function Replay({ id, close }: { id: string; close: () => void }) {
  const [since, setSince] = useState(() => toLocalField(new Date(Date.now() - MS_PER_DAY)));
  const [until, setUntil] = useState('');
  const [status, setStatus] = useState<ReplayStatus>('exhausted');
  const queries = useQueryClient();
  const replaying = useMutation({
    mutationFn: () =>
      client.webhooks.replay(id, {
        since: fromLocalField(since),
        ...(until === '' ? {} : { until: fromLocalField(until) }),
        status,
      }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['deliveries'] }),
  });
  return (
    <DialogForm verb="Send it again" label="Replay" sending={replaying} close={close} disabled={since === ''}>
      <NativeSelect
        label="What"
        value={status}
        data={WHAT}
        onChange={({ currentTarget }) => setStatus(currentTarget.value as ReplayStatus)}
      />
      <TextInput
        type="datetime-local"
        label="Of events since"
        required
        value={since}
        onChange={({ currentTarget }) => setSince(currentTarget.value)}
      />
      <TextInput
        type="datetime-local"
        label="Until"
        description="Empty: now"
        value={until}
        onChange={({ currentTarget }) => setUntil(currentTarget.value)}
      />
      {replaying.data && (
        <Text size="sm" role="status">
          {replaying.data.scheduled === 1
            ? 'One delivery is sent again.'
            : `${replaying.data.scheduled} deliveries are sent again.`}
        </Text>
      )}
    </DialogForm>
  );
}
