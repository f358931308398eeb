import { join } from 'node:path';
import { type ArtifactLocation, openArtifactStore, openScratch } from '@heddle/artifacts';
import type { Environment } from '@heddle/config';
import { createModelBody, HeddleError, type ImportReport, type VersionManifest } from '@heddle/contracts';
import { sourceOf } from '@heddle/deberta';
import {
  buildInChild,
  type ImportLimits,
  type ImportWishes,
  restoreVersion,
  storeVersion,
} from '@heddle/importing';
import type { Store } from '@heddle/store';

export interface LocalImport {
  store: Store;
  artifacts: ArtifactLocation;
  dataDir: string;
  limits: ImportLimits;
  tenantId: string;
  checkpointDir: string;
  wishes?: ImportWishes;
  name: string;
  description: string;
  /** Ends the import; it rejects with the signal's reason. */
  signal?: AbortSignal;
}

export interface ImportedVersion {
  id: string;
  number: number;
  created: boolean;
  manifest: VersionManifest;
  report: ImportReport;
}

export function importLimitsOf(env: Environment): ImportLimits {
  return { memoryMib: env.HEDDLE_IMPORT_MEMORY_MIB, timeoutMs: env.HEDDLE_IMPORT_TIMEOUT_MS };
}

/** Throws `validation` for a name or a description that no model may have. */
export function assertModel({ name, description }: { name: string; description: string }): void {
  const { error } = createModelBody.safeParse({ name, description });
  if (!error) return;
  const faults = error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new HeddleError('validation', faults.join('; '));
}

/** Whether a version was made from exactly this checkpoint by this compiler already. */
export async function isImported({ store, tenantId, name, checkpointDir }: LocalImport): Promise<boolean> {
  return store.models.hasSource(tenantId, name, await sourceOf(checkpointDir));
}

/**
 * Checkpoint folder of this machine → version of the model, without a server. After any error nothing is registered
 * and nothing temporary is left.
 * Errors: the import codes of the error table; `validation` for a wrong name or description.
 */
export async function importLocally(options: LocalImport): Promise<ImportedVersion> {
  const { store, artifacts, dataDir, limits, tenantId, checkpointDir, name, description, signal } = options;
  const { wishes = {} } = options;
  assertModel({ name, description });
  const scratch = await openScratch(join(dataDir, 'tmp'));
  try {
    const source = { folder: checkpointDir };
    const workDir = await scratch.create();
    const built = await buildInChild({ source, wishes, workDir }, { ...limits, ...(signal && { signal }) });
    const artifactStore = await openArtifactStore(artifacts);
    await storeVersion(built, artifactStore);
    const { manifest, report } = built;
    const added = await store.models.addVersion({ tenantId, name, description, manifest, report });
    // What was there before for nothing may have been taken for garbage until a row named it.
    await restoreVersion(built, artifactStore);
    return { ...added, manifest, report };
  } finally {
    await scratch.close();
  }
}
