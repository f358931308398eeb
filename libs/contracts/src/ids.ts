/**
 * Public ids: `<prefix>_` + 26 characters of lower-case Crockford base32 holding a UUIDv7 (RFC 9562 §5.7),
 * so ids sort by creation time. The database stores the plain UUID.
 */
export const ID_PREFIXES = {
  job: 'job_',
  file: 'file_',
  batch: 'bat_',
  model: 'mdl_',
  version: 'ver_',
  evaluation: 'evl_',
  key: 'key_',
  worker: 'wrk_',
  request: 'req_',
  event: 'evt_',
  webhook: 'whe_',
  delivery: 'dlv_',
  audit: 'aud_',
} as const;
export type IdKind = keyof typeof ID_PREFIXES;

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const ENCODED_LENGTH = 26;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Largest value of the 12 bits behind the version, which count within a millisecond. */
const MAX_COUNT = 0xfff;
let last = { time: 0, count: 0 };

/**
 * A new UUIDv7, greater than all that this process made before: ids of one millisecond count up (RFC 9562 §6.2,
 * method 1), and a clock that goes back is not followed.
 */
export function newUuid(): string {
  const now = Date.now();
  if (now > last.time) last = { time: now, count: 0 };
  else if (last.count < MAX_COUNT) last.count++;
  else last = { time: last.time + 1, count: 0 };
  const time = last.time.toString(16).padStart(12, '0');
  const count = last.count.toString(16).padStart(3, '0');
  const random = crypto.getRandomValues(new Uint8Array(8));
  random[0] = (random[0]! & 0x3f) | 0x80;
  const tail = Array.from(random, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${count}-${tail.slice(0, 4)}-${tail.slice(4)}`;
}

/** When a UUIDv7 was made, Unix time in milliseconds. */
export function timeOfUuid(uuid: string): number {
  return Number.parseInt(uuid.slice(0, 8) + uuid.slice(9, 13), 16);
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
