import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ArtifactLocation, Environment } from '@heddle/config';
import { LIBRARY_TENANT, migrate, openStore, type Store } from '@heddle/store';
import { importLimitsOf, importLocally, isImported } from '../import/import-locally.js';

/** The repository's `models/`, seen from `apps/cli/{src,dist}/setup`. */
export const SHIPPED_MODELS_DIR = fileURLToPath(new URL('../../../../models', import.meta.url));

export interface SetupOptions {
  databaseUrl: string;
  artifacts: ArtifactLocation;
  dataDir: string;
  /** The limits of imports are among it. */
  env: Environment;
  /** Told what is going on. */
  report: (line: string) => void;
}

/** Options of a connection for one-off work. */
export function connectionOf(databaseUrl: string) {
  // A lost idle connection shows in the next statement, which is soon.
  return { url: databaseUrl, poolSize: 4, applicationName: 'heddle-setup', onPoolError: () => undefined };
}

/**
 * Brings a database to where the processes can start: schema, tenants, shipped models. Does only what is missing.
 */
export async function setUp(options: SetupOptions): Promise<void> {
  const applied = await migrate(connectionOf(options.databaseUrl));
  if (applied.length > 0) options.report(`database: applied ${applied.length} migrations`);
  const store = await openStore(connectionOf(options.databaseUrl));
  try {
    await importShippedModels(store, options);
  } finally {
    await store.close();
  }
}

async function importShippedModels(store: Store, options: SetupOptions): Promise<void> {
  const library = await store.tenants.ensure(LIBRARY_TENANT, 'Models shared with every tenant');
  const folders = (await readdir(SHIPPED_MODELS_DIR, { withFileTypes: true })).filter((entry) =>
    entry.isDirectory(),
  );
  for (const { name } of folders) {
    const source = {
      store,
      artifacts: options.artifacts,
      dataDir: options.dataDir,
      limits: importLimitsOf(options.env),
      tenantId: library.id,
      checkpointDir: join(SHIPPED_MODELS_DIR, name),
      name,
      description: `Ships with Heddle; research and testing only (models/${name}/README.md)`,
    };
    // One that an operator removed stays away until it is imported again.
    if (await store.models.wasRemoved(library.id, name)) continue;
    if (await isImported(source)) continue;
    options.report(`model ${name}: compiling …`);
    const started = performance.now();
    const { number, manifest } = await importLocally(source);
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    options.report(
      `model ${name}: version ${number} ready after ${seconds} s (${manifest.tasks.join(', ')})`,
    );
  }
}
