import { Button, Group, Modal, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useMutation } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { ProblemAlert } from './problem.js';

interface ConfirmProps {
  /** On the button, and on that of the question. */
  verb: string;
  title: string;
  children: ReactNode;
  run: () => Promise<unknown>;
  danger?: boolean;
  /** Of the first button. */
  variant?: 'light' | 'default';
}

/** A button that asks first, and says what went wrong where it was asked. */
export function Confirm({ verb, title, children, run, danger = true, variant = 'light' }: ConfirmProps) {
  const [opened, { open, close }] = useDisclosure(false);
  const running = useMutation({ mutationFn: run, onSuccess: close });
  return (
    <>
      <Button size="xs" variant={variant} color={danger ? 'red' : undefined} onClick={open}>
        {verb}
      </Button>
      <Modal opened={opened} onClose={close} title={title}>
        <Text size="sm" component="div">
          {children}
        </Text>
        {running.error && <ProblemAlert error={running.error} />}
        <Group justify="flex-end" mt="md">
          <Button variant="default" onClick={close}>
            Leave it
          </Button>
          <Button
            color={danger ? 'red.9' : undefined}
            loading={running.isPending}
            onClick={() => running.mutate()}
          >
            {verb}
          </Button>
        </Group>
      </Modal>
    </>
  );
}
