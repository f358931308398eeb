import { dirname } from 'node:path';
import { ConfigError, type Environment } from '@heddle/config';
import { API_KEY_SCOPES } from '@heddle/contracts';
import { findEmbeddedPostgres, startEmbeddedPostgres } from '@heddle/embedded';
import { openStore } from '@heddle/store';
import { COMMAND } from '../command-name.js';
import { databaseFolder } from './folders.js';
import { connectionOf } from './setup.js';

const DEFAULT_TENANT = 'default';
const ADMIN_KEY_NAME = 'admin';

/**
 * Makes the admin key where there is none; `renew` takes the old one out of service first. Returns the secret, or
 * null when nothing was made. It exists nowhere else: show it at once.
 */
export async function ensureAdminKey(databaseUrl: string, renew: boolean): Promise<string | null> {
  const store = await openStore(connectionOf(databaseUrl));
  try {
    const tenant = await store.tenants.ensure(DEFAULT_TENANT, 'Default');
    if (renew) await store.keys.revoke(tenant.id, ADMIN_KEY_NAME);
    else if (await store.keys.exists(tenant.id, ADMIN_KEY_NAME)) return null;
    return await store.keys.create(tenant.id, ADMIN_KEY_NAME, [...API_KEY_SCOPES]);
  } finally {
    await store.close();
  }
}

/**
 * A new admin key in place of the old one, whether `heddle up` runs or not: a database that is stopped is started for
 * that long. Throws ConfigError where there is no database.
 */
export async function renewAdminKey(values: Environment): Promise<string> {
  if (values.HEDDLE_DATABASE_URL) return (await ensureAdminKey(values.HEDDLE_DATABASE_URL, true))!;
  const folder = databaseFolder(values);
  const found = await findEmbeddedPostgres(folder);
  if (found.state === 'running') return (await ensureAdminKey(found.url, true))!;
  if (found.state === 'none') {
    throw new ConfigError([
      `HEDDLE_DATA_DIR: there is no database in ${dirname(folder)}; \`${COMMAND} up\` makes one and prints its first key`,
    ]);
  }
  const server = await startEmbeddedPostgres({ dataDir: folder });
  try {
    return (await ensureAdminKey(server.url, true))!;
  } finally {
    await server.stop();
  }
}
