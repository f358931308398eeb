import { ApiError, ConnectionError } from '@heddle/client';
import { Alert, Button, Code, List, Text } from '@mantine/core';
import { formatDuration } from './format.js';

/** What went wrong, as the server says it, with what helps to find it in its log. */
export function ProblemAlert({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const { title, detail, places, requestId, retryAfterMs } = problemOf(error);
  return (
    <Alert color="red" title={title} role="alert">
      <Text size="sm">
        {detail}
        {retryAfterMs !== null && ` Try again in ${formatDuration(retryAfterMs)}.`}
      </Text>
      {places.length > 0 && (
        <List size="sm" mt="xs">
          {places.map(({ pointer, message }) => (
            <List.Item key={`${pointer} ${message}`}>
              <Code>{pointer}</Code> {message}
            </List.Item>
          ))}
        </List>
      )}
      {requestId !== null && (
        <Text size="xs" c="dimmed" mt="xs">
          Request <Code>{requestId}</Code>
        </Text>
      )}
      {onRetry && (
        <Button size="xs" variant="light" color="red" mt="sm" onClick={onRetry}>
          Try again
        </Button>
      )}
    </Alert>
  );
}

function problemOf(error: unknown) {
  if (error instanceof ApiError)
    return {
      title: error.problem?.title ?? `The server answered ${error.status}`,
      detail: error.problem?.detail ?? 'What answered is not Heddle: a proxy, perhaps.',
      places: error.problem?.errors ?? [],
      requestId: error.requestId,
      retryAfterMs: error.retryAfterMs,
    };
  const unreachable = error instanceof ConnectionError;
  return {
    title: unreachable ? 'The server cannot be reached' : 'Something went wrong',
    detail: unreachable
      ? 'It is asked again when the connection is back.'
      : error instanceof Error
        ? error.message
        : String(error),
    places: [],
    requestId: null,
    retryAfterMs: null,
  };
}
