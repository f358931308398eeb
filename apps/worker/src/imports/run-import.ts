import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { materialise, type Scratch } from '@heddle/artifacts';
import { ERRORS, HeddleError, type ImportError, toPublicId } from '@heddle/contracts';
import {
  type BuiltVersion,
  buildInChild,
  type CheckpointSource,
  type ImportWishes,
  storeVersion,
} from '@heddle/importing';
import type { ClaimedImport, ImportRequest } from '@heddle/store';
import type { Resources } from '../resources.js';
import type { ImportLease } from './lease.js';
import { Patience } from './patience.js';

const ARCHIVE_NAME = 'archive';

/**
 * One claimed import from fetching its files to a version that is ready or failed. Nothing of it is left on this
 * machine afterwards. Rejects with the lease's reason when the import was given up, with `worker-crashed` when its
 * process died by itself, and with what is a bug.
 */
export async function runImport(
  resources: Resources,
  scratch: Scratch,
  claimed: ClaimedImport,
  lease: ImportLease,
): Promise<void> {
  const { config, logger } = resources;
  const { signal } = lease.abort;
  const patience = new Patience({
    signal,
    maxMs: config.env.HEDDLE_IMPORT_TIMEOUT_MS,
    report: (error, what) => logger.warn({ error, version: claimed.id }, `import waits for the ${what}`),
  });
  try {
    const workDir = await scratch.create();
    const fetching = () => fetchSource(resources, claimed, join(workDir, 'source'));
    const source = await patience.until('artefact store', fetching);
    signal.throwIfAborted();
    const built = await buildInChild(
      { source, wishes: wishesOf(claimed.request), workDir },
      {
        memoryMib: config.env.HEDDLE_IMPORT_MEMORY_MIB,
        timeoutMs: config.env.HEDDLE_IMPORT_TIMEOUT_MS,
        onProgress: (progress) => lease.show(progress),
        signal,
      },
    );
    await publish(resources, scratch, lease, patience, built);
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    const refusal = refusalOf(error);
    if (refusal === null) throw error;
    // Who sees the end finds nothing left.
    await scratch.close();
    await patience.until('database', () => resources.store.versions.failImport(lease.fence, refusal));
  }
}

/** Lays the uploaded files out, verified by their digests. */
async function fetchSource(
  { artifacts }: Resources,
  { request, files }: ClaimedImport,
  dir: string,
): Promise<CheckpointSource> {
  await mkdir(dir, { recursive: true });
  const isArchive = request.source === 'archive';
  const named = files.map(({ filename, sha256, bytes }) => {
    // What an archive is called is for people; its bytes say what it is.
    return [isArchive ? ARCHIVE_NAME : filename, { sha256, bytes }] as const;
  });
  const folder = join(dir, 'files');
  await materialise(artifacts, Object.fromEntries(named), folder);
  return isArchive ? { archive: join(folder, ARCHIVE_NAME) } : { folder };
}

/** Contents are named by the row before they are in the store, so that nobody removes them in between. */
async function publish(
  { store, artifacts }: Resources,
  scratch: Scratch,
  lease: ImportLease,
  patience: Patience,
  built: BuiltVersion,
): Promise<void> {
  const { manifest, report } = built;
  if (!(await patience.until('database', () => store.versions.reserveContents(lease.fence, manifest)))) {
    lease.giveUp('lost');
    throw lease.abort.signal.reason;
  }
  await patience.until('artefact store', () => storeVersion(built, artifacts));
  await scratch.close();
  const finished = await patience.until('database', () => store.versions.finishImport(lease.fence, report));
  if (finished === 'ready') return;
  if (finished === 'stale') {
    await store.contents.note(Object.values(manifest.files).map(({ sha256 }) => sha256));
    lease.giveUp('lost');
    throw lease.abort.signal.reason;
  }
  const { id, number } = finished.duplicateOf;
  throw new HeddleError('already-exists', `Version ${number} of the model is the very same.`, {
    extra: { version: toPublicId('version', id) },
  });
}

/** What the owner is told; null for what another try may mend: a process that died by itself, an absent database. */
function refusalOf(error: unknown): ImportError | null {
  if (!(error instanceof HeddleError)) return { code: 'internal', message: ERRORS.internal.title };
  if (error.code === 'worker-crashed' || error.code === 'overloaded') return null;
  return { code: error.code, message: error.message, ...error.extra };
}

function wishesOf({ precision, head, tasks, labels, moderation, maxTokens }: ImportRequest): ImportWishes {
  return {
    precision,
    ...(head ? { head } : {}),
    ...(tasks ? { tasks } : {}),
    ...(labels ? { labels } : {}),
    ...(moderation ? { moderation } : {}),
    ...(maxTokens === undefined ? {} : { maxTokens }),
  };
}
