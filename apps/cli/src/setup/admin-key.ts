import { API_KEY_SCOPES } from '@heddle/contracts';
import { openStore } from '@heddle/store';
import { connectionOf } from './setup.js';

const DEFAULT_TENANT = 'default';
const ADMIN_KEY_NAME = 'admin';
/** The operator's own key is not slowed down. */
const NO_RATE_LIMIT = 0;

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
    return await store.keys.create(tenant.id, ADMIN_KEY_NAME, [...API_KEY_SCOPES], NO_RATE_LIMIT);
  } finally {
    await store.close();
  }
}
