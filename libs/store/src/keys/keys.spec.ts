import { isApiKey } from '@heddle/contracts';
import { createMigratedDatabase } from '@heddle/testing';
import { expect, it } from 'vitest';
import { openStore } from '../store.js';

it('keys work until revoked, and are stored as a hash', async () => {
  const { url, drop } = await createMigratedDatabase();
  const options = { url, applicationName: 'spec', onPoolError: () => undefined };
  const store = await openStore(options);
  const tenant = await store.tenants.ensure('acme', 'Acme');
  const secret = await store.keys.create(tenant.id, 'admin', ['infer', 'read']);

  expect(isApiKey(secret)).toBe(true);
  const key = await store.keys.authenticate(secret);
  expect(key).toMatchObject({ tenantId: tenant.id, name: 'admin', scopes: ['infer', 'read'] });
  expect(JSON.stringify(key)).not.toContain(secret);
  expect(await store.keys.exists(tenant.id, 'admin')).toBe(true);

  const wrong = secret.slice(0, -1) + (secret.endsWith('0') ? '1' : '0');
  expect(isApiKey(wrong)).toBe(false);
  expect(await store.keys.authenticate(wrong)).toBeNull();

  await store.keys.revoke(tenant.id, 'admin');
  expect(await store.keys.authenticate(secret)).toBeNull();
  expect(await store.keys.exists(tenant.id, 'admin')).toBe(false);
  await store.close();
  await drop();
});
