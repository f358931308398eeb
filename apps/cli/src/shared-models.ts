import { resolve } from 'node:path';
import { artifactsOf, type Environment, foldersOf } from '@heddle/config';
import { DEFAULT_ALIAS, HeddleError, type ImportPrecision } from '@heddle/contracts';
import { LIBRARY_TENANT, openStore } from '@heddle/store';
import { COMMAND, quoted } from './command-name.js';
import { assertModel, importLimitsOf, importLocally } from './import/import-locally.js';
import { removeLocally } from './import/remove-locally.js';
import { precisionArguments, refuseCalibration } from './precision-options.js';
import { variantLines } from './remote/version-report.js';
import { makeFolders } from './setup/folders.js';
import { withDatabase } from './setup/local-database.js';
import { connectionOf } from './setup/setup.js';

export interface SharedImport {
  name: string;
  description: string;
  promote: boolean;
  precision: ImportPrecision;
  calibration?: string;
}

/** `heddle import`. */
export async function importShared(
  values: Environment,
  folder: string,
  options: SharedImport,
): Promise<void> {
  assertModel(options);
  const refusal = refuseCalibration(options);
  if (refusal) throw new HeddleError('validation', refusal);
  await withDatabase(values, (url, signal) => importInto(values, url, { folder, signal, ...options }));
}

/** `heddle remove`. */
export async function removeShared(values: Environment, name: string): Promise<void> {
  const versions = await withDatabase(values, (url) => removeFrom(values, url, name));
  process.stdout.write(`${name} removed: ${versions} version${versions === 1 ? '' : 's'}\n`);
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

async function importInto(
  values: Environment,
  databaseUrl: string,
  {
    folder,
    signal,
    name,
    description,
    promote,
    precision,
    calibration,
  }: SharedImport & { folder: string; signal: AbortSignal },
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
