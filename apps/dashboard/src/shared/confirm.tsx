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
}

/** A button that asks first, and says what went wrong where it was asked. */
export function Confirm({ verb, title, children, run, danger = true }: ConfirmProps) {
  const [opened, { open, close }] = useDisclosure(false);
  const running = useMutation({ mutationFn: run, onSuccess: close });
  const color = danger ? 'red' : undefined;
  return (
    <>
      <Button size="xs" variant="light" color={color} onClick={open}>
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
          <Button color={color} loading={running.isPending} onClick={() => running.mutate()}>
            {verb}
          </Button>
        </Group>
      </Modal>
    </>
  );
}
