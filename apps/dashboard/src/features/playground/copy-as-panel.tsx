import { Code, Group, SegmentedControl, Stack } from '@mantine/core';
import { useState } from 'react';
import { CopyAction } from '../../shared/copy-text.js';
import { COPY_FORMATS, type CopyFormat, copyAs } from './copy-as.js';
import type { PlaygroundSubmission } from './forms.js';
import styles from './playground.module.css';

/** The request as a program, to be taken along. */
export function CopyAsPanel({ submission }: { submission: PlaygroundSubmission }) {
  const [format, setFormat] = useState<CopyFormat>('curl');
  const text = copyAs(format, submission, window.location.origin);
  return (
    <Stack gap="xs">
      <Group justify="space-between">
        <SegmentedControl
          aria-label="Language"
          size="xs"
          data={[...COPY_FORMATS]}
          value={format}
          onChange={setFormat}
        />
        <CopyAction text={text} what={`the request as ${format}`} />
      </Group>
      <Code block className={styles.program}>
        {text}
      </Code>
    </Stack>
  );
}
