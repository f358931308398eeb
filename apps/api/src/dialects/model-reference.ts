import { HeddleError } from '@heddle/contracts';
import { LIBRARY_TENANT, type Store } from '@heddle/store';
import type { Caller } from '../http/auth.js';

/**
 * A model as clients of dialects name it (`owner/name`, with an alias or a number behind it, or as the native API has it) in
 * the words of the native API. The owner is the caller's tenant, or `library`. Throws `not-found`.
 */
export async function nativeReference(store: Store, caller: Caller, reference: string): Promise<string> {
  const [owner, name, ...rest] = reference.split('/');
  if (name === undefined) return reference;
  if (rest.length > 0 || !(await isOwner(store, caller, owner!))) throw noSuchModel(reference);
  return name;
}

async function isOwner(store: Store, { tenantId }: Caller, owner: string): Promise<boolean> {
  return owner === LIBRARY_TENANT || owner === (await store.tenants.get(tenantId)).slug;
}

export function noSuchModel(reference: string): HeddleError {
  return new HeddleError('not-found', `There is no model or version "${reference}".`, {
    errors: [{ pointer: '/model', code: 'not-found', message: 'no such model or version' }],
  });
}
