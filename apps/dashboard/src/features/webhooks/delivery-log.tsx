import type { Delivery } from '@heddle/client';
import { Accordion, Badge, Group, NativeSelect, Text } from '@mantine/core';
import { useState } from 'react';
import { client } from '../../api/client.js';
import { LIVE_MS } from '../../api/queries.js';
import { Loaded, Nothing } from '../../shared/loaded.js';
import { More } from '../../shared/more.js';
import { StatusBadge } from '../../shared/status.js';
import { useList } from '../../shared/use-list.js';
import { When } from '../../shared/when.js';
import { DeliveryDetails } from './delivery-details.js';
import styles from './delivery-log.module.css';

type Status = Delivery['status'];
const STATUSES: { value: Status | ''; label: string }[] = [
  { value: '', label: 'any' },
  { value: 'pending', label: 'pending' },
  { value: 'delivering', label: 'delivering' },
  { value: 'delivered', label: 'delivered' },
  { value: 'exhausted', label: 'exhausted: given up' },
  { value: 'skipped', label: 'skipped: it was disabled' },
];

/** What was sent to an endpoint, newest first; each opens to its attempts. */
export function DeliveryLog({ webhook }: { webhook: string }) {
  const [status, setStatus] = useState<Status | ''>('');
  const { query, rows } = useList({
    key: ['deliveries', { webhook, status }],
    page: (cursor, signal) =>
      client.deliveries
        .list({ webhook, limit: 50, ...(status === '' ? {} : { status }) }, { signal })
        .page(cursor),
    everyMs: LIVE_MS,
  });
  return (
    <>
      <NativeSelect
        size="xs"
        w={200}
        label="Status"
        value={status}
        data={STATUSES}
        onChange={({ currentTarget }) => setStatus(currentTarget.value as Status | '')}
      />
      <Loaded
        query={query}
        isEmpty={() => rows.length === 0}
        empty={
          <Nothing title={status === '' ? 'Nothing has been sent yet' : 'There is none with this status'} />
        }
      >
        {() => (
          <>
            <Accordion variant="contained" multiple className={styles.log} aria-label="Deliveries">
              {rows.map((delivery) => (
                <Accordion.Item key={delivery.id} value={delivery.id}>
                  <Accordion.Control>
                    <Line delivery={delivery} />
                  </Accordion.Control>
                  <Accordion.Panel>
                    <DeliveryDetails delivery={delivery} />
                  </Accordion.Panel>
                </Accordion.Item>
              ))}
            </Accordion>
            <More query={query} />
          </>
        )}
      </Loaded>
    </>
  );
}

function Line({ delivery }: { delivery: Delivery }) {
  const { event_type, status, created_at, attempt_count, attempts, next_attempt_at } = delivery;
  const last = attempts.at(-1);
  return (
    <Group gap="xs">
      <StatusBadge status={status} />
      <Text size="sm" fw={500}>
        {event_type}
      </Text>
      {last && (
        <Badge variant="light" tt="none" color={last.error === null ? 'green' : 'red'}>
          {last.status_code ?? last.error}
        </Badge>
      )}
      <Text size="xs" c="dimmed">
        <When at={created_at} /> · {attempt_count === 1 ? '1 attempt' : `${attempt_count} attempts`}
        {next_attempt_at !== null && (
          <>
            {' '}
            · next <When at={next_attempt_at} />
          </>
        )}
      </Text>
    </Group>
  );
}
