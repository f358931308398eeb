import { Badge } from '@mantine/core';

/** States of all objects; what ended well, badly, goes on, or was ended by somebody. */
const COLORS: Record<string, string> = {
  succeeded: 'green',
  ready: 'green',
  delivered: 'green',
  busy: 'green',
  enabled: 'green',
  active: 'green',
  running: 'blue',
  validating: 'blue',
  finalizing: 'blue',
  importing: 'blue',
  converting: 'blue',
  verifying: 'blue',
  delivering: 'blue',
  pending: 'blue',
  starting: 'blue',
  failed: 'red',
  lost: 'red',
  exhausted: 'red',
  expired: 'orange',
  canceling: 'orange',
  draining: 'orange',
  paused: 'orange',
  suspended: 'orange',
  'disabled: failing': 'red',
  'disabled: gone': 'red',
};

/** The word carries the meaning, the colour repeats it. */
export function StatusBadge({ status }: { status: string }) {
  return (
    <Badge variant="light" color={COLORS[status] ?? 'gray'} tt="none" lts={0} miw="max-content">
      {status}
    </Badge>
  );
}
