import { resolve } from 'node:path';
import type { Environment } from './settings.js';
import { home } from './values.js';

/** Absolute folders below the data folder, unless named. */
export function foldersOf(values: Environment): { dataDir: string; artifactsDir: string; cacheDir: string } {
  const dataDir = absolute(values.HEDDLE_DATA_DIR);
  return {
    dataDir,
    artifactsDir: absolute(values.HEDDLE_ARTIFACTS_DIR ?? `${dataDir}/artifacts`),
    cacheDir: absolute(values.HEDDLE_CACHE_DIR ?? `${dataDir}/cache`),
  };
}

/** With `~` as a shell would have read it: quotes and service files hand it over as it is. */
function absolute(folder: string): string {
  return resolve(folder.replace(/^~(?=\/|$)/, home()));
}
