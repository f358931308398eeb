import { randomBytes } from 'node:crypto';

const PREFIX = 'whsec_';
const NEW_BYTES = 32;

/** A new signing secret: `whsec_` and 32 random bytes as base64. */
export function newSecret(): string {
  return PREFIX + randomBytes(NEW_BYTES).toString('base64');
}
