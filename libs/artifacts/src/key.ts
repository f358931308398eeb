import { HeddleError } from '@heddle/contracts';

const SHA256 = /^[0-9a-f]{64}$/;
/** Of a key below a store's root. */
const KEY = /^([0-9a-f]{2})\/(\1[0-9a-f]{62})$/;

/** Where the artefact lies below a store's root, with `/` between: `ab/ab12…`. Throws `artifact-corrupt` for what is no digest. */
export function keyOf(sha256: string): string {
  if (!SHA256.test(sha256)) {
    throw new HeddleError('artifact-corrupt', 'An artefact is named by 64 hex digits.');
  }
  return `${sha256.slice(0, 2)}/${sha256}`;
}

/** The digest that a path below a store's root is the key of; null for what is none. */
export function digestIn(key: string): string | null {
  return KEY.exec(key)?.[2] ?? null;
}

/** What is thrown for an artefact that the store does not have. */
export function absent(sha256: string, cause: unknown): HeddleError {
  return new HeddleError('artifact-corrupt', `Artefact ${sha256} is not in the store.`, { cause });
}
