import type { Webhook } from '@heddle/client';
import { Box, Chip, Group, NumberInput, Stack, Text, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { client } from '../../api/client.js';
import { DialogForm } from '../../shared/dialog-form.js';
import { SecretOnce } from '../../shared/secret-once.js';
import { EVENT_GROUPS, type EventPattern } from './events.js';
import styles from './webhook-form.module.css';

/** Requests that are under way to an endpoint at a time at most. */
const MAX_IN_FLIGHT = 8;

interface WebhookFormProps {
  /** The one to be changed; a new one where it is absent. */
  webhook?: Webhook;
  close: () => void;
}

/** Where an endpoint is and what it is told of; a new one has a secret, which is shown once. */
export function WebhookForm({ webhook, close }: WebhookFormProps) {
  const [url, setUrl] = useState(webhook?.url ?? '');
  const [events, setEvents] = useState<string[]>(webhook?.events ?? ['job.*']);
  const [description, setDescription] = useState(webhook?.description ?? '');
  const [inFlight, setInFlight] = useState<number | string>(webhook?.max_in_flight ?? MAX_IN_FLIGHT);
  const queries = useQueryClient();
  const sending = useMutation({
    // The answer has a secret.
    gcTime: 0,
    mutationFn: () => {
      const body = {
        url,
        events: events as EventPattern[],
        description,
        max_in_flight: Number(inFlight) || MAX_IN_FLIGHT,
      };
      return webhook ? client.webhooks.update(webhook.id, body) : client.webhooks.create(body);
    },
    onSuccess: async ({ secret }) => {
      await queries.invalidateQueries({ queryKey: ['webhooks'] });
      if (secret === undefined) close();
    },
  });
  if (sending.data?.secret !== undefined)
    return (
      <SecretOnce title="The secret of its signatures" secret={sending.data.secret} onDone={close}>
        <Text size="sm">
          What is sent is signed with it, in <code>webhook-signature</code>: whoever receives it verifies that
          before all else.
        </Text>
      </SecretOnce>
    );
  return (
    <DialogForm
      verb={webhook ? 'Change it' : 'Add the endpoint'}
      label="Endpoint"
      sending={sending}
      close={close}
      disabled={events.length === 0}
    >
      <TextInput
        type="url"
        label="Address"
        placeholder="https://example.com/heddle"
        required
        data-autofocus
        value={url}
        onChange={({ currentTarget }) => setUrl(currentTarget.value)}
      />
      <EventChoice events={events} onChange={setEvents} />
      <Group align="flex-end" grow preventGrowOverflow={false}>
        <TextInput
          label="Description"
          value={description}
          onChange={({ currentTarget }) => setDescription(currentTarget.value)}
        />
        <NumberInput
          label="Requests at a time"
          min={1}
          max={MAX_IN_FLIGHT}
          allowDecimal={false}
          value={inFlight}
          onChange={setInFlight}
        />
      </Group>
    </DialogForm>
  );
}

function EventChoice({ events, onChange }: { events: string[]; onChange: (events: string[]) => void }) {
  return (
    <Chip.Group multiple value={events} onChange={onChange}>
      <Stack gap="xs" role="group" aria-label="Events">
        <Text size="sm" fw={500}>
          Events
        </Text>
        {EVENT_GROUPS.map(({ about, patterns }) => (
          <Box key={about} className={styles.group} role="group" aria-label={about}>
            <Text size="xs" c="dimmed">
              {about}
            </Text>
            <Group gap={6}>
              {patterns.map(([pattern, label]) => (
                <Chip key={pattern} value={pattern} size="xs">
                  {label}
                </Chip>
              ))}
            </Group>
          </Box>
        ))}
      </Stack>
    </Chip.Group>
  );
}
