import { describeLocation, findGarbage, openArtifactStore } from '@heddle/artifacts';
import { artifactsOf, type Environment } from '@heddle/config';
import { HeddleError } from '@heddle/contracts';
import { openStore, type Store } from '@heddle/store';
import { withDatabase } from './setup/local-database.js';
import { connectionOf } from './setup/setup.js';

/** Digests that are noted in one statement. */
const NOTED_AT_ONCE = 1_000;

/** Removes what nothing names, or only says which that is. */
export async function collectGarbage(values: Environment, dryRun: boolean): Promise<void> {
  await withDatabase(values, (url) => collect(values, url, dryRun));
}

async function collect(values: Environment, databaseUrl: string, dryRun: boolean): Promise<void> {
  const store = await openStore(connectionOf(databaseUrl));
  try {
    const location = artifactsOf(values);
    const artifacts = await openArtifactStore(location);
    const { contents } = store;
    const garbage = await findGarbage(artifacts, values.HEDDLE_ARTIFACT_GRACE_MS, (digests) =>
      contents.unreferencedAmong(digests),
    );
    if (garbage.artifacts.length > 0 && !garbage.isOwn) {
      const detail = `This database names nothing of what is in ${describeLocation(location)}: nothing may be removed.`;
      throw new HeddleError('artifacts-unavailable', detail);
    }
    const found = new Map(garbage.artifacts.map((artifact) => [artifact.sha256, artifact]));
    const removed = dryRun ? [...found.keys()] : await removeAll(store, artifacts, [...found.keys()]);
    // Contents of deleted files and versions were among them.
    const gone = removed.filter((sha256) => found.has(sha256));
    let bytes = 0;
    for (const { sha256, ...artifact } of gone.flatMap((digest) => found.get(digest) ?? [])) {
      bytes += artifact.bytes;
      process.stdout.write(`${sha256}  ${artifact.bytes} bytes  ${artifact.putAt.toISOString()}\n`);
    }
    const done = dryRun ? 'would be removed' : 'removed';
    process.stderr.write(`${gone.length} artefacts, ${bytes} bytes ${done}\n`);
    const left = found.size - gone.length;
    if (left > 0) process.stderr.write(`${left} are in use by another process, or by now named: they stay\n`);
  } finally {
    await store.close();
  }
}

/** The ones that were removed. */
async function removeAll(
  { contents }: Store,
  artifacts: { remove: (sha256: string) => Promise<void> },
  digests: string[],
): Promise<string[]> {
  for (let i = 0; i < digests.length; i += NOTED_AT_ONCE)
    await contents.note(digests.slice(i, i + NOTED_AT_ONCE));
  const removed: string[] = [];
  for (;;) {
    const settled = await contents.removeUnreferenced((sha256) => artifacts.remove(sha256));
    if (settled.length === 0) return removed;
    removed.push(...settled.flatMap(({ sha256, removed: is }) => (is ? [sha256] : [])));
  }
}
