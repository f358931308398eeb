/**
 * Public ids: `<prefix>_` + 26 characters of lower-case Crockford base32 holding a UUIDv7 (RFC 9562 §5.7),
 * so ids sort by creation time. The database stores the plain UUID.
 */
export const ID_PREFIXES = {
  job: 'job_',
  file: 'file_',
  model: 'mdl_',
  version: 'ver_',
  key: 'key_',
  worker: 'wrk_',
  request: 'req_',
  event: 'evt_',
} as const;
export type IdKind = keyof typeof ID_PREFIXES;

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const ENCODED_LENGTH = 26;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** A new time-ordered UUIDv7. */
export function newUuid(now: number = Date.now()): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  let time = BigInt(now);
  for (let i = 5; i >= 0; i--) {
    bytes[i] = Number(time & 255n);
    time >>= 8n;
  }
  bytes[6] = (bytes[6]! & 0x0f) | 0x70;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** UUID → public id. */
export function toPublicId(kind: IdKind, uuid: string): string {
  let value = BigInt(`0x${uuid.replaceAll('-', '')}`);
  let encoded = '';
  for (let i = 0; i < ENCODED_LENGTH; i++) {
    encoded = ALPHABET[Number(value & 31n)]! + encoded;
    value >>= 5n;
  }
  return ID_PREFIXES[kind] + encoded;
}

/** Public id → UUID, or null when malformed (callers answer as for an unknown id). */
export function fromPublicId(kind: IdKind, id: string): string | null {
  const prefix = ID_PREFIXES[kind];
  if (!id.startsWith(prefix) || id.length !== prefix.length + ENCODED_LENGTH) return null;
  let value = 0n;
  for (const character of id.slice(prefix.length)) {
    const digit = ALPHABET.indexOf(character);
    if (digit < 0) return null;
    value = (value << 5n) | BigInt(digit);
  }
  if (value >> 128n) return null;
  const hex = value.toString(16).padStart(32, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

export function isUuid(value: string): boolean {
  return UUID.test(value);
}
