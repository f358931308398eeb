import { describeLocation, findGarbage, openArtifactStore } from '@heddle/artifacts';
import { artifactsOf, type Environment, orExit, readEnvironment } from '@heddle/config';
import { HeddleError } from '@heddle/contracts';
import { openStore } from '@heddle/store';
import type { Command } from 'commander';
import { example } from './command-name.js';
import { withDatabase } from './setup/local-database.js';
import { connectionOf } from './setup/setup.js';

/** What dispatchers do where they are told to, now; or what they would do. */
export function addGarbageCommand(program: Command): void {
  program
    .command('gc')
    .description('remove artefacts that no version and no file has; the store must be of this database alone')
    .option('--dry-run', 'only say which', false)
    .addHelpText('after', example('gc --dry-run'))
    .action(async ({ dryRun }: { dryRun: boolean }) => {
      const values = orExit(() => readEnvironment(process.env));
      await withDatabase(values, (url) => collect(values, url, dryRun));
    });
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
    if (garbage.artifacts.length > 0 && !garbage.isOwn && !dryRun) {
      const detail = `This database names nothing of what is in ${describeLocation(location)}: nothing was removed.`;
      throw new HeddleError('artifacts-unavailable', detail);
    }
    for (const { sha256, bytes, putAt } of garbage.artifacts) {
      if (!dryRun) await contents.note([sha256]);
      process.stdout.write(`${sha256}  ${bytes} bytes  ${putAt.toISOString()}\n`);
    }
    if (!dryRun) await contents.removeUnreferenced((sha256) => artifacts.remove(sha256));
    const bytes = garbage.artifacts.reduce((sum, artifact) => sum + artifact.bytes, 0);
    const done = dryRun ? 'would be removed' : 'removed';
    process.stderr.write(`${garbage.artifacts.length} artefacts, ${bytes} bytes ${done}\n`);
  } finally {
    await store.close();
  }
}
