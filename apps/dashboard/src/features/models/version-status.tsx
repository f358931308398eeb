import type { Version } from '@heddle/client';
import { Progress, Text } from '@mantine/core';
import { StatusBadge } from '../../shared/status.js';

/** The state of a version; of an import how far it is, or why it failed. */
export function VersionStatus({ version: { status, progress, error } }: { version: Version }) {
  return (
    <>
      <StatusBadge status={status} />
      {progress && (
        <Progress value={progress.percent} aria-label={progress.stage} mt={4} miw="6rem" animated />
      )}
      {error && (
        <Text size="xs" c="red">
          {error.code}: {error.message}
        </Text>
      )}
    </>
  );
}
