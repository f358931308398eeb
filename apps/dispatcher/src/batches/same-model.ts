import { type ErrorCode, HeddleError } from '@heddle/contracts';
import { type ClaimedBatch, nativeReference, type Store } from '@heddle/store';
import { openaiOriginOf } from './dialect.js';

/** Names of one file that are looked up: a model has a few aliases and numbers, with and without its owner. */
const MAX_NAMES = 64;
/** What a name that means no version that could run is answered with. */
const OF_NAMES: readonly ErrorCode[] = ['not-found', 'no-default-version', 'version-not-ready'];

/**
 * Whether a name in a line means the version of its batch, whatever it is spelled like: that which the batch was pinned to, or,
 * where an alias has moved since, that which the name the batch was made with means now.
 */
export function sameModelAs(store: Store, batch: ClaimedBatch): (name: string) => Promise<boolean> {
  const own = openaiOriginOf(batch)?.model;
  const known = new Map<string, boolean>();
  const versionOf = async (name: string): Promise<string | null> => {
    try {
      const { reference, owner } = await nativeReference(store, batch, name);
      return (await store.models.resolve(batch.tenantId, reference, owner)).id;
    } catch (error) {
      if (error instanceof HeddleError && OF_NAMES.includes(error.code)) return null;
      throw error;
    }
  };
  return async (name) => {
    if (name === own) return true;
    const found = known.get(name);
    if (found !== undefined || known.size === MAX_NAMES) return found ?? false;
    const version = await versionOf(name);
    const isSame =
      version !== null &&
      (version === batch.versionId || (own !== undefined && version === (await versionOf(own))));
    known.set(name, isSame);
    return isSame;
  };
}
