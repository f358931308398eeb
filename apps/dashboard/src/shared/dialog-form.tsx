import { Button, Group, Stack } from '@mantine/core';
import type { FormEvent, ReactNode } from 'react';
import { ProblemAlert } from './problem.js';

interface DialogFormProps {
  /** On the button that sends it. */
  verb: string;
  /** What it is for, for screen readers. */
  label: string;
  sending: { mutate: () => void; isPending: boolean; error: unknown };
  close: () => void;
  disabled?: boolean;
  children: ReactNode;
}

/** Fields of a dialog, what the server says to them, and the buttons to send or leave them. */
export function DialogForm({ verb, label, sending, close, disabled, children }: DialogFormProps) {
  const submit = (event: FormEvent) => {
    event.preventDefault();
    sending.mutate();
  };
  return (
    <form onSubmit={submit} aria-label={label}>
      <Stack gap="md">
        {children}
        {sending.error != null && <ProblemAlert error={sending.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            Leave it
          </Button>
          <Button type="submit" loading={sending.isPending} disabled={disabled}>
            {verb}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
