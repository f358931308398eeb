import { join } from 'node:path';
import { assertUsableFolder, type Environment, foldersOf, makeFolder } from '@heddle/config';
import { assertServerCanReach } from '@heddle/embedded';

const SETTING_OF = {
  dataDir: 'HEDDLE_DATA_DIR',
  artifactsDir: 'HEDDLE_ARTIFACTS_DIR',
  cacheDir: 'HEDDLE_CACHE_DIR',
} as const;

/** Where the embedded Postgres lives. */
export function databaseFolder(values: Environment): string {
  return join(foldersOf(values).dataDir, 'postgres');
}

/**
 * Whether the folders of the settings are there or could be made, and be used by whom they are for. Makes nothing.
 * Throws ConfigError or UnreachableFolderError.
 */
export async function assertUsableFolders(values: Environment): Promise<void> {
  eachFolder(values, assertUsableFolder);
  if (!values.HEDDLE_DATABASE_URL) await assertServerCanReach(databaseFolder(values));
}

/** Makes the folders of the settings. Throws as `assertUsableFolders` does, and has then made none. */
export async function makeFolders(values: Environment): Promise<void> {
  await assertUsableFolders(values);
  eachFolder(values, makeFolder);
}

function eachFolder(values: Environment, act: (setting: string, folder: string) => void): void {
  for (const [name, folder] of Object.entries(foldersOf(values))) {
    if (name === 'artifactsDir' && values.HEDDLE_ARTIFACTS) continue;
    const setting = SETTING_OF[name as keyof typeof SETTING_OF];
    // A folder that no setting names lies in the data folder.
    act(values[setting] === undefined ? SETTING_OF.dataDir : setting, folder);
  }
}
