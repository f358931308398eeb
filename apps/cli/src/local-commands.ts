import { type Environment, foldersOf, loadConfig, orExit, readEnvironment } from '@heddle/config';
import { DEFAULT_ALIAS } from '@heddle/contracts';
import { LIBRARY_TENANT, openStore } from '@heddle/store';
import type { Command } from 'commander';
import { COMMAND, example, quoted } from './command-name.js';
import { doctor } from './doctor/doctor.js';
import { importLimitsOf, importLocally } from './import/import-locally.js';
import { ensureAdminKey } from './setup/admin-key.js';
import { makeFolders } from './setup/folders.js';
import { withDatabase } from './setup/local-database.js';
import { connectionOf, setUp } from './setup/setup.js';
import { up } from './up/up.js';

/** Commands for the machine Heddle runs on: they use the database and the data folder themselves. */
export function addLocalCommands(program: Command, exit: (status: number) => void): void {
  program
    .command('up')
    .description('start everything on this machine: Postgres, api, dispatcher, worker')
    .option('--new-admin-key', 'take the admin key out of service and print a new one', false)
    .addHelpText(
      'after',
      `\nSettings are environment variables (docs/configuration.md).\nExample: HEDDLE_PORT=9000 ${COMMAND} up`,
    )
    .action(async (options: { newAdminKey: boolean }) => exit(await up(options)));

  program
    .command('setup')
    .description('prepare servers of your own: migrate, import the shipped models, make the first key')
    .option('--new-admin-key', 'take the admin key out of service and print a new one', false)
    .addHelpText('after', `\nExample: HEDDLE_DATABASE_URL=postgres://… ${COMMAND} setup`)
    .action(async (options: { newAdminKey: boolean }) => {
      const config = orExit(() => loadConfig());
      await makeFolders(config.env);
      const report = (line: string) => void process.stderr.write(`${line}\n`);
      await setUp({ ...config, report });
      const adminKey = await ensureAdminKey(config.databaseUrl, options.newAdminKey);
      const line = adminKey ? `admin key (shown only now): ${adminKey}` : 'admin key: made earlier';
      process.stdout.write(`${line}\n`);
    });

  program
    .command('keys')
    .description('recover a lost admin key')
    .command('new-admin')
    .description('take the admin key out of service and print a new one; Heddle may run or not')
    .addHelpText(
      'after',
      `\nUses HEDDLE_DATABASE_URL, else the database in HEDDLE_DATA_DIR.${example('keys new-admin')}`,
    )
    .action(async () => {
      const values = orExit(() => readEnvironment(process.env));
      const key = await withDatabase(values, (url) => ensureAdminKey(url, true));
      process.stdout.write(`${key}\n`);
    });

  program
    .command('import')
    .description('add a model for every tenant from a folder of this machine, without a server')
    .argument('<folder>', 'Hugging Face layout: config.json, model.safetensors, tokenizer.json')
    .requiredOption('--name <name>', 'name of the model')
    .option('--description <text>', 'shown in lists', '')
    .option('--promote', `point ${DEFAULT_ALIAS} at it: jobs that name no version use it from then on`, false)
    .addHelpText('after', example('import ./my-checkpoint --name my-model'))
    .action(async (folder: string, options: Omit<ImportOptions, 'folder' | 'signal'>) => {
      const values = orExit(() => readEnvironment(process.env));
      await withDatabase(values, (url, signal) => importInto(values, url, { folder, signal, ...options }));
    });

  program
    .command('doctor')
    .description('check this machine and say what to do')
    .addHelpText('after', example('doctor'))
    .action(async () => exit(await doctor()));
}

interface ImportOptions {
  folder: string;
  signal: AbortSignal;
  name: string;
  description: string;
  promote: boolean;
}

async function importInto(
  values: Environment,
  databaseUrl: string,
  { folder, signal, name, description, promote }: ImportOptions,
): Promise<void> {
  await makeFolders(values);
  const store = await openStore(connectionOf(databaseUrl));
  try {
    const library = await store.tenants.ensure(LIBRARY_TENANT, 'Models shared with every tenant');
    process.stderr.write('compiling and verifying …\n');
    const { id, number, created, manifest } = await importLocally({
      store,
      ...foldersOf(values),
      limits: importLimitsOf(values),
      tenantId: library.id,
      checkpointDir: folder,
      name,
      description,
      signal,
    });
    const state = created ? 'imported' : 'was there already';
    process.stdout.write(
      `${name}@${number} ${state}: ${manifest.tasks.join(', ')}; ${manifest.labels.length} labels\n`,
    );
    const [model] = await store.models.list(library.id, { name });
    if (promote) await store.aliases.put(library.id, model!.id, DEFAULT_ALIAS, { id }, null);
    const [alias] = await store.aliases.list(library.id, model!.id, DEFAULT_ALIAS);
    const current = alias ? `is still version ${alias.versionNumber}` : 'is not there';
    process.stderr.write(
      alias?.versionId === id
        ? `${name}@${DEFAULT_ALIAS} is version ${number}\n`
        : `${name}@${DEFAULT_ALIAS} ${current}; jobs that name no version use it. To point it at this one:\n` +
            `${COMMAND} import ${quoted(folder)} --name ${name} --promote\n`,
    );
  } finally {
    await store.close();
  }
}
