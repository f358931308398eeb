import type { ApiKeyScope } from '@heddle/contracts';
import { openStore } from '@heddle/store';
import { connectionOf } from './setup.js';

/** Tells these keys from the admin's, which is replaced by its name. */
const KEY_NAME = 'created';

/** Makes a key, and its tenant when there is none. The secret exists nowhere else: show it at once. */
export async function createTenantKey(
  databaseUrl: string,
  tenant: string,
  scopes: ApiKeyScope[],
): Promise<string> {
  const store = await openStore(connectionOf(databaseUrl));
  try {
    const { id } = await store.tenants.ensure(tenant, tenant);
    return await store.keys.create(id, KEY_NAME, scopes);
  } finally {
    await store.close();
  }
}
