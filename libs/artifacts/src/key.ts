import { HeddleError } from '@heddle/contracts';

const SHA256 = /^[0-9a-f]{64}$/;

/** Where the artefact lies below a store's root, with `/` between: `ab/ab12…`. Throws `artifact-corrupt` for what is no digest. */
export function keyOf(sha256: string): string {
  if (!SHA256.test(sha256)) {
    throw new HeddleError('artifact-corrupt', 'An artefact is named by 64 hex digits.');
  }
  return `${sha256.slice(0, 2)}/${sha256}`;
}

/** What is thrown for an artefact that the store does not have. */
export function absent(sha256: string, cause: unknown): HeddleError {
  return new HeddleError('artifact-corrupt', `Artefact ${sha256} is not in the store.`, { cause });
}
