import { Progress, Text } from '@mantine/core';
import { formatBytes } from './format.js';

/** How much of an upload is sent. `share`: 0 … 1. */
export function UploadProgress({ share, bytes }: { share: number; bytes: number }) {
  return (
    <div>
      <Progress value={share * 100} aria-label="Sent" />
      <Text size="xs" c="dimmed" mt={4}>
        {share < 1
          ? `${formatBytes(share * bytes)} of ${formatBytes(bytes)} sent. Leaving this page breaks the upload off.`
          : 'All is sent.'}
      </Text>
    </div>
  );
}
