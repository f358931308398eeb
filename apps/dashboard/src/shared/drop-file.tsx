import { FileButton, Paper, Text, UnstyledButton } from '@mantine/core';
import { type DragEvent, useState } from 'react';

interface DropFileProps {
  label: string;
  accept: string;
  file: File | null;
  onFile: (file: File) => void;
}

/** A file that is dropped here, or chosen with pointer or keyboard. */
export function DropFile({ label, accept, file, onFile }: DropFileProps) {
  const [over, setOver] = useState(false);
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    const dropped = event.dataTransfer.files[0];
    if (dropped) onFile(dropped);
  };
  return (
    <FileButton accept={accept} onChange={(chosen) => chosen && onFile(chosen)}>
      {(props) => (
        <UnstyledButton
          {...props}
          onDragOver={(event: DragEvent) => {
            event.preventDefault();
            setOver(true);
          }}
          onDragLeave={() => setOver(false)}
          onDrop={drop}
        >
          <Paper withBorder p="lg" bg={over ? 'var(--mantine-color-default-hover)' : undefined}>
            <Text ta="center">{file ? file.name : label}</Text>
            <Text ta="center" size="xs" c="dimmed">
              Drop it here, or press to choose
            </Text>
          </Paper>
        </UnstyledButton>
      )}
    </FileButton>
  );
}
