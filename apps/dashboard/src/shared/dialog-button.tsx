import { Button, type ButtonProps, Modal } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import type { ReactNode } from 'react';

interface DialogButtonProps extends Pick<ButtonProps, 'size' | 'variant' | 'color'> {
  /** On the button. */
  verb: string;
  title: string;
  /** What is asked; it begins anew each time the dialog opens. */
  children: (close: () => void) => ReactNode;
}

/** A button that opens a form. A press beside it does not close it: what was typed, or a secret, would be lost. */
export function DialogButton({ verb, title, children, ...button }: DialogButtonProps) {
  const [opened, { open, close }] = useDisclosure(false);
  return (
    <>
      <Button {...button} onClick={open}>
        {verb}
      </Button>
      <Modal opened={opened} onClose={close} title={title} size="lg" closeOnClickOutside={false}>
        {children(close)}
      </Modal>
    </>
  );
}
