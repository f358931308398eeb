import { FileButton, Text, UnstyledButton } from '@mantine/core';
import { type DragEvent, useState } from 'react';
import styles from './drop-file.module.css';
import { formatBytes } from './format.js';

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
          className={styles.zone}
          data-over={over || undefined}
          onDragOver={(event: DragEvent) => {
            event.preventDefault();
            setOver(true);
          }}
          onDragLeave={() => setOver(false)}
          onDrop={drop}
        >
          <svg className={styles.icon} aria-hidden="true" viewBox="0 0 24 24" width={28} height={28}>
            <path d="M12 16V4M7 9l5-5 5 5M4 16v3a1 1 0 0 0 1 1h14a1 1 0 0 0 1-1v-3" />
          </svg>
          <Text fw={500} className={styles.name}>
            {file ? `${file.name} (${formatBytes(file.size)})` : label}
          </Text>
          <Text size="xs" c="dimmed">
            {file ? 'Drop it here, or press, for another one' : 'Drop it here, or press to choose'}
          </Text>
        </UnstyledButton>
      )}
    </FileButton>
  );
}
