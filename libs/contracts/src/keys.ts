import { z } from 'zod';
import { LIMITS } from './limits.js';
import { pageOf, publicIdOf, timestamp } from './shapes.js';
import { nameText } from './text.js';
import { isTimestamp, TIMESTAMP_HELP } from './timestamps.js';

/** What a key may do; `manage` implies `read`. */
export const API_KEY_SCOPES = ['infer', 'read', 'manage', 'operate'] as const;
export type ApiKeyScope = (typeof API_KEY_SCOPES)[number];

/** Requests a minute; 0 is no limit. */
export const rateLimit = z.int().min(0).max(LIMITS.maxRateLimitPerMin);

/** Body of `POST /v1/keys`. A rate of null is none, as 0 is; an absent one is the tenant's. */
export const createKeyBody = z.strictObject({
  name: nameText,
  scopes: z
    .array(z.enum(API_KEY_SCOPES))
    .min(1, 'needs one at least')
    .transform((named) => API_KEY_SCOPES.filter((scope) => named.includes(scope))),
  expires_at: z
    .string()
    .refine(isTimestamp, TIMESTAMP_HELP)
    .meta({ format: 'date-time' })
    .nullable()
    .default(null)
    .describe('RFC 3339, in the future.'),
  rate_limit_per_min: rateLimit.nullable().optional(),
});

/** A key as the API shows it. */
export const apiKey = z
  .strictObject({
    id: publicIdOf('key'),
    object: z.literal('key'),
    name: z.string(),
    prefix: z.string().describe('The first characters of its secret.'),
    scopes: z.array(z.enum(API_KEY_SCOPES)),
    rate_limit_per_min: z.int().nullable().describe('What holds for it; null is no limit.'),
    created_at: timestamp,
    expires_at: timestamp.nullable(),
    last_used_at: timestamp.nullable().describe('To the minute.'),
    secret: z.string().exactOptional().describe('In the answer that made the key and nowhere else.'),
  })
  .meta({ id: 'ApiKey' });
export type ApiKey = z.infer<typeof apiKey>;
export const apiKeyPage = pageOf('ApiKeyPage', apiKey);

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const PREFIX = 'hdl_';
const RANDOM_LENGTH = 30;
const CHECK_LENGTH = 6;
const FORMAT = /^hdl_[0-9A-Za-z]{36}$/;
/** Characters of a secret that are stored and shown: `hdl_` and the first four. */
export const KEY_PREFIX_LENGTH = 8;

/** `hdl_` + 30 random base62 characters (178 bits) + 6 check characters, so scanners can tell a real key. */
export function newApiKey(): string {
  let random = '';
  while (random.length < RANDOM_LENGTH) {
    for (const byte of crypto.getRandomValues(new Uint8Array(RANDOM_LENGTH))) {
      // 248 = 4 · 62: larger bytes would favour the first characters.
      if (byte < 248 && random.length < RANDOM_LENGTH) random += BASE62[byte % 62]!;
    }
  }
  return PREFIX + random + checkOf(random);
}

/** Whether a string has the form and check characters of a key; says nothing about its validity. */
export function isApiKey(secret: string): boolean {
  if (!FORMAT.test(secret)) return false;
  const random = secret.slice(PREFIX.length, PREFIX.length + RANDOM_LENGTH);
  return checkOf(random) === secret.slice(PREFIX.length + RANDOM_LENGTH);
}

/** CRC-32 (IEEE 802.3) in base62. */
function checkOf(text: string): string {
  let crc = 0xffffffff;
  for (let i = 0; i < text.length; i++) {
    crc ^= text.charCodeAt(i);
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  let value = (crc ^ 0xffffffff) >>> 0;
  let encoded = '';
  for (let i = 0; i < CHECK_LENGTH; i++) {
    encoded = BASE62[value % 62]! + encoded;
    value = Math.floor(value / 62);
  }
  return encoded;
}
