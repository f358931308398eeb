import type { Delivery } from '@heddle/client';
import { Button, Code, Group, Stack, Text, Timeline } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { client } from '../../api/client.js';
import { useMay } from '../../api/use-session.js';
import { formatDuration } from '../../shared/format.js';
import { ProblemAlert } from '../../shared/problem.js';
import { When } from '../../shared/when.js';
import styles from './delivery-details.module.css';

type Attempt = Delivery['attempts'][number];

/** What an attempt's error means. */
const ERRORS: Record<NonNullable<Attempt['error']>, string> = {
  timeout: 'no answer in time',
  'connect-failed': 'no connection',
  'dns-failed': 'its name leads nowhere',
  'tls-error': 'no secure connection',
  'blocked-address': 'its address is not allowed',
  redirect: 'it leads elsewhere, which is not followed',
  'response-too-large': 'its answer is too long',
  'http-status': 'it has refused',
};

/** The request, each attempt with what was answered, and when the next one is. Answers are other people's text. */
export function DeliveryDetails({ delivery }: { delivery: Delivery }) {
  const mayManage = useMay('manage');
  const { attempts, next_attempt_at } = delivery;
  return (
    <Stack gap="md">
      <div>
        <Title>Request</Title>
        <Code block className={styles.text}>
          {requestOf(delivery)}
        </Code>
      </div>
      <div>
        <Title>Attempts</Title>
        <Timeline bulletSize={14} lineWidth={2} active={attempts.length}>
          {attempts.map((attempt) => (
            <Timeline.Item key={attempt.number} color={attempt.error === null ? 'green' : 'red'}>
              <AttemptText attempt={attempt} />
            </Timeline.Item>
          ))}
          {next_attempt_at !== null && (
            <Timeline.Item lineVariant="dashed">
              <Text size="sm">
                The next one is <When at={next_attempt_at} />, at <When at={next_attempt_at} exact />.
              </Text>
            </Timeline.Item>
          )}
        </Timeline>
        {attempts.length === 0 && next_attempt_at === null && <Text size="sm">There was none.</Text>}
      </div>
      {mayManage && <Resend id={delivery.id} />}
    </Stack>
  );
}

function Title({ children }: { children: string }) {
  return (
    <Text size="xs" c="dimmed" fw={500} mb={4}>
      {children}
    </Text>
  );
}

/** Time and signature are new with each attempt, and so not kept. */
function requestOf({ url, event }: Delivery): string {
  return [
    `POST ${url}`,
    'content-type: application/json',
    'user-agent: Heddle-Webhooks/1',
    `webhook-id: ${event}`,
    'webhook-timestamp: (of the attempt)',
    'webhook-signature: (of the attempt)',
  ].join('\n');
}

function AttemptText({ attempt }: { attempt: Attempt }) {
  const { number, at, status_code, error, duration_ms, response_excerpt } = attempt;
  return (
    <>
      <Group gap="xs">
        <Text size="sm" fw={500}>
          {status_code === null ? error : `Status ${status_code}`}
        </Text>
        <Text size="xs" c="dimmed">
          attempt {number} · <When at={at} exact /> · {formatDuration(duration_ms)}
          {error !== null && ` · ${ERRORS[error]}`}
        </Text>
      </Group>
      {response_excerpt !== null && response_excerpt !== '' && (
        <Code block className={styles.text} mt={4}>
          {response_excerpt}
        </Code>
      )}
    </>
  );
}

function Resend({ id }: { id: string }) {
  const queries = useQueryClient();
  const sending = useMutation({
    mutationFn: () => client.deliveries.retry(id),
    onSettled: () => queries.invalidateQueries({ queryKey: ['deliveries'] }),
  });
  return (
    <>
      <Group>
        <Button size="xs" variant="default" loading={sending.isPending} onClick={() => sending.mutate()}>
          Send again
        </Button>
      </Group>
      {sending.error && <ProblemAlert error={sending.error} />}
    </>
  );
}
