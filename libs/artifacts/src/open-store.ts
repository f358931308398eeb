import { HeddleError } from '@heddle/contracts';
import type { ArtifactStore } from './artifact-store.js';
import { openFolderStore } from './folder-store.js';
import type { S3Location } from './s3/s3-store.js';

/** Where artefacts are kept: an absolute folder, or a bucket. */
export type ArtifactLocation = { folder: string } | { s3: S3Location };

/** Opens the store of the settings. Nothing is asked of it yet: `check` does. */
export async function openArtifactStore(location: ArtifactLocation): Promise<ArtifactStore> {
  if ('folder' in location) return openFolderStore(location.folder);
  // Its client is large: who has a folder does without it.
  const { openS3Store } = await import('./s3/s3-store.js');
  return openS3Store(location.s3);
}

/**
 * For processes that start: one that is away is waited for by those who need it, and `onAway` is told.
 * Throws `artifacts-unavailable` where only an operator can mend it.
 */
export async function openUsableStore(
  location: ArtifactLocation,
  onAway: (error: HeddleError) => void,
): Promise<ArtifactStore> {
  const store = await openArtifactStore(location);
  await store.check().catch((error: unknown) => {
    if (!(error instanceof HeddleError) || error.code !== 'overloaded') throw error;
    onAway(error);
  });
  return store;
}

/** For people: the folder, or `s3://bucket/prefix`. */
export function describeLocation(location: ArtifactLocation): string {
  if ('folder' in location) return location.folder;
  return `s3://${[location.s3.bucket, location.s3.prefix].filter(Boolean).join('/')}`;
}
