import type { Batch } from '@heddle/client';
import { Button, Group } from '@mantine/core';
import { TextLink } from '../../shared/link.js';

/** Its files and jobs. A link carries the cookie, and the server says that it is to be saved. */
export function BatchFiles({ batch: { id, file, output_file, error_file } }: { batch: Batch }) {
  return (
    <Group gap="sm">
      <Download file={output_file} label="Download outputs" variant="filled" />
      <Download file={error_file} label="Download lines without one" variant="light" />
      <Download file={file} label="Download what was sent" variant="default" />
      <TextLink to="/jobs" search={{ batch: id }} size="sm">
        Its jobs
      </TextLink>
    </Group>
  );
}

interface DownloadProps {
  file: string | null;
  label: string;
  variant: 'filled' | 'light' | 'default';
}

function Download({ file, label, variant }: DownloadProps) {
  if (file === null) return null;
  return (
    <Button
      component="a"
      size="xs"
      variant={variant}
      href={`/v1/files/${encodeURIComponent(file)}/content`}
      download
    >
      {label}
    </Button>
  );
}
