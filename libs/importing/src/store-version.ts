import { join } from 'node:path';
import type { ArtifactStore } from '@heddle/artifacts';
import type { BuiltVersion } from './protocol.js';

/** Moves the files of a built version into the artefact store. Errors: `storage-full`. */
export async function storeVersion({ dir, manifest }: BuiltVersion, artifacts: ArtifactStore): Promise<void> {
  for (const [name, digest] of Object.entries(manifest.files)) {
    await artifacts.put(join(dir, name), { digest, move: true });
  }
}
