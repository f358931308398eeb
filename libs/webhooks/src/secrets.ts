import { randomBytes } from 'node:crypto';

const PREFIX = 'whsec_';
const MIN_BYTES = 24;
const MAX_BYTES = 64;
const NEW_BYTES = 32;

/** A new signing secret: `whsec_` and 32 random bytes as base64. */
export function newSecret(): string {
  return PREFIX + randomBytes(NEW_BYTES).toString('base64');
}

/**
 * Whether `text` is a signing secret: `whsec_` and 24 to 64 bytes in the standard alphabet of base64, padded. What
 * libraries of other languages decode in different ways, such as `-` and `_` or loose bits at the end, is none.
 */
export function isSecret(text: string): boolean {
  if (!text.startsWith(PREFIX)) return false;
  const base64 = text.slice(PREFIX.length);
  const bytes = Buffer.from(base64, 'base64');
  return bytes.length >= MIN_BYTES && bytes.length <= MAX_BYTES && bytes.toString('base64') === base64;
}
