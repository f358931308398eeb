import { join } from 'node:path';
import type { ArtifactStore } from '@heddle/artifacts';
import type { BuiltVersion } from './protocol.js';

/** Moves the files of a built version into the artefact store. Errors: `storage-full`. */
export async function storeVersion({ dir, manifest }: BuiltVersion, artifacts: ArtifactStore): Promise<void> {
  for (const [name, digest] of Object.entries(manifest.files)) {
    await artifacts.put(join(dir, name), { digest, move: true });
  }
}

/** Puts those files of a version into the store again that were in it, unreferenced, and have been removed since. */
export async function restoreVersion(
  { dir, manifest }: BuiltVersion,
  artifacts: ArtifactStore,
): Promise<void> {
  for (const [name, digest] of Object.entries(manifest.files)) {
    if (!(await artifacts.has(digest.sha256))) await artifacts.put(join(dir, name), { digest, move: true });
  }
}
