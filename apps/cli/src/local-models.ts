import { resolve } from 'node:path';
import { artifactsOf, type Environment, foldersOf, orExit, readEnvironment } from '@heddle/config';
import { DEFAULT_ALIAS, HeddleError, type ImportPrecision } from '@heddle/contracts';
import { LIBRARY_TENANT, openStore } from '@heddle/store';
import type { Command } from 'commander';
import { COMMAND, example, quoted } from './command-name.js';
import { assertModel, importLimitsOf, importLocally } from './import/import-locally.js';
import { removeLocally } from './import/remove-locally.js';
import { precisionArguments, precisionOptions, refuseCalibration } from './precision-options.js';
import { variantLines } from './remote/version-report.js';
import { makeFolders } from './setup/folders.js';
import { withDatabase } from './setup/local-database.js';
import { connectionOf } from './setup/setup.js';

/** The models for every tenant: they are the operator's, who works on the server's machine. */
export function addSharedModelCommands(program: Command): void {
  precisionOptions(program.command('import'))
    .description('add a model for every tenant from a folder of this machine, without a server')
    .argument('<folder>', 'Hugging Face layout: config.json, model.safetensors, tokenizer.json')
    .requiredOption('--name <name>', 'name of the model')
    .option('--description <text>', 'shown in lists', '')
    .option('--promote', `point ${DEFAULT_ALIAS} at it: jobs that name no version use it from then on`, false)
    .addHelpText('after', example('import ./my-checkpoint --name my-model'))
    .action(async (folder: string, options: Omit<ImportOptions, 'folder' | 'signal'>) => {
      const values = orExit(() => readEnvironment(process.env));
      assertModel(options);
      const refusal = refuseCalibration(options);
      if (refusal) throw new HeddleError('validation', refusal);
      await withDatabase(values, (url, signal) => importInto(values, url, { folder, signal, ...options }));
    });

  program
    .command('remove')
    .description('remove a model for every tenant, with its versions and aliases; unfinished jobs keep it')
    .argument('<model>', 'name of the model')
    .addHelpText(
      'after',
      `\nA model that ships with Heddle stays away until it is imported again.${example('remove my-model')}`,
    )
    .action(async (name: string) => {
      const values = orExit(() => readEnvironment(process.env));
      const versions = await withDatabase(values, (url) => removeFrom(values, url, name));
      process.stdout.write(`${name} removed: ${versions} version${versions === 1 ? '' : 's'}\n`);
    });
}

async function removeFrom(values: Environment, databaseUrl: string, name: string): Promise<number> {
  const store = await openStore(connectionOf(databaseUrl));
  try {
    const report = (line: string) => void process.stderr.write(`${line}\n`);
    return await removeLocally(store, artifactsOf(values), name, report);
  } finally {
    await store.close();
  }
}

interface ImportOptions {
  folder: string;
  signal: AbortSignal;
  name: string;
  description: string;
  promote: boolean;
  precision: ImportPrecision;
  calibration?: string;
}

async function importInto(
  values: Environment,
  databaseUrl: string,
  { folder, signal, name, description, promote, precision, calibration }: ImportOptions,
): Promise<void> {
  await makeFolders(values);
  const store = await openStore(connectionOf(databaseUrl));
  try {
    const library = await store.tenants.ensure(LIBRARY_TENANT, 'Models shared with every tenant');
    process.stderr.write('compiling and verifying …\n');
    const { id, number, created, manifest, report } = await importLocally({
      store,
      artifacts: artifactsOf(values),
      dataDir: foldersOf(values).dataDir,
      limits: importLimitsOf(values),
      tenantId: library.id,
      checkpointDir: folder,
      wishes: { precision, ...(calibration === undefined ? {} : { calibration: resolve(calibration) }) },
      name,
      description,
      signal,
    });
    const state = created ? 'imported' : 'was there already';
    process.stdout.write(
      `${name}@${number} ${state}: ${manifest.tasks.join(', ')}; ${manifest.labels.length} labels\n`,
    );
    for (const line of variantLines(report)) process.stdout.write(`  ${line[0].padEnd(9)}${line[1]}\n`);
    const [model] = await store.models.list(library.id, { name });
    if (promote) await store.aliases.put(library.id, model!.id, DEFAULT_ALIAS, { version: { id } }, null);
    const [alias] = await store.aliases.list(library.id, model!.id, DEFAULT_ALIAS);
    const current = alias ? `is still version ${alias.versionNumber}` : 'is not there';
    process.stderr.write(
      alias?.versionId === id
        ? `${name}@${DEFAULT_ALIAS} is version ${number}\n`
        : `${name}@${DEFAULT_ALIAS} ${current}; jobs that name no version use it. To point it at this one:\n` +
            `${COMMAND} import ${quoted(folder)} --name ${name}${precisionArguments({ precision, calibration })} --promote\n`,
    );
  } finally {
    await store.close();
  }
}
