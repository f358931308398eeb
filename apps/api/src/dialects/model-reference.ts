import { HeddleError } from '@heddle/contracts';
import { LIBRARY_TENANT, type Store } from '@heddle/store';
import type { Caller } from '../http/auth.js';

/** A model in the words of the native API. */
export interface NativeReference {
  reference: string;
  /** Slug of its tenant, where no model of the caller's own is meant. */
  owner: string | null;
}

/**
 * A model as clients of dialects name it: `owner/name`, with an alias or a number behind it, or as the native API has it. The
 * owner is `library`, or the caller's tenant, by whose name all is meant that the name alone means there. Throws `not-found`.
 */
export async function nativeReference(
  store: Store,
  { tenantId }: Caller,
  reference: string,
): Promise<NativeReference> {
  const [owner, name, ...rest] = reference.split('/');
  if (name === undefined) return { reference, owner: null };
  if (rest.length > 0) throw noSuchModel(reference);
  if (owner === LIBRARY_TENANT) return { reference: name, owner };
  if (owner === (await store.tenants.get(tenantId)).slug) return { reference: name, owner: null };
  throw noSuchModel(reference);
}

export function noSuchModel(reference: string): HeddleError {
  return new HeddleError('not-found', `There is no model or version "${reference}".`, {
    errors: [{ pointer: '/model', code: 'not-found', message: 'no such model or version' }],
  });
}
