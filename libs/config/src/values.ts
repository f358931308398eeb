import { isIP } from 'node:net';
import { homedir, totalmem } from 'node:os';
import { join } from 'node:path';
import { MODEL_NAME } from '@heddle/contracts';
import { z } from 'zod';

// Kinds of values that settings have, and defaults that depend on the machine.

export const port = z.coerce.number().int().min(0).max(65_535);
export const count = z.coerce.number().int().min(1);
export const milliseconds = z.coerce.number().int().min(1).max(3_600_000);
/** Up to a year. */
export const seconds = z.coerce.number().int().min(1).max(31_536_000);
export const flag = z.enum(['true', 'false']).transform((value) => value === 'true');
export const serverUrl = (...protocols: string[]) =>
  z.string().refine((value) => URL.canParse(value) && protocols.includes(new URL(value).protocol), {
    message: `must be a URL that begins with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`,
  });

/** `s3://bucket/prefix` */
export const bucketUrl = z
  .string()
  .regex(
    /^s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](\/[\w!.*'()/ -]*)?$/,
    'must be s3://bucket or s3://bucket/prefix',
  )
  .transform((url) => {
    const [bucket = '', ...rest] = url.slice('s3://'.length).split('/');
    return { bucket, prefix: rest.filter(Boolean).join('/') };
  });

export const devices = z
  .string()
  .regex(/^\d{1,3}(,\d{1,3})*$/, 'must be numbers of GPUs with commas between, such as 0,1')
  .transform((value) => value.split(',').map(Number))
  .refine((ids) => new Set(ids).size === ids.length, { message: 'must name each GPU once' });

/** Names of models: `topic,nli`. */
export const servedModels = z
  .string()
  .transform((value) => value.split(',').map((name) => name.trim()))
  .refine((names) => names.every((name) => MODEL_NAME.test(name)), {
    message: 'must be names of models with commas between, such as topic,nli',
  });

export const networks = z
  .string()
  .transform((value) => value.split(',').map((network) => network.trim()))
  .refine((all) => all.every(isNetwork), {
    message:
      'must be networks with commas between, such as 10.0.0.0/8,fd00::/8; one address is a network too: 10.0.0.7/32',
  });

/** `address/bits`; IPv4 in its own form, for IPv4-mapped addresses are judged as the IPv4 address they are. */
function isNetwork(text: string): boolean {
  const [, address = '', bits] = /^([0-9a-f.:]+)\/(\d{1,3})$/i.exec(text) ?? [];
  if (/^::ffff:/i.test(address)) return false;
  const family = isIP(address);
  return family !== 0 && Number(bits) <= (family === 4 ? 32 : 128);
}

const MAX_STEPS = 20;
/** Together: events are kept for as long. */
const MAX_STEPS_S = 30 * 24 * 3600;
export const steps = z
  .string()
  .regex(/^\d+(\.\d+)?(,\d+(\.\d+)?)*$/, 'must be seconds with commas between, such as 5,300,1800')
  .transform((value) => value.split(',').map(Number))
  .refine(
    (seconds) => seconds.length <= MAX_STEPS && seconds.reduce((sum, step) => sum + step, 0) <= MAX_STEPS_S,
    { message: `must have at most ${MAX_STEPS} steps of together at most ${MAX_STEPS_S} seconds (30 days)` },
  );

/** The home folder; the root where an account has none, as in a container that runs under a number. */
export function home(): string {
  try {
    return homedir();
  } catch {
    return '/';
  }
}

/** Root's data must be reachable by the unprivileged user that Postgres runs as, so not below a private home. */
export function defaultDataDir(): string {
  if (process.getuid?.() === 0) return '/var/lib/heddle';
  return join(process.env.XDG_DATA_HOME || join(home(), '.local', 'share'), 'heddle');
}

export const IMPORT_MEMORY_SHARE = 0.75;
export const MODEL_MEMORY_SHARE = 0.5;

/** Of this machine, or of the container where that is less. */
export function usableMemoryMib(): number {
  const constrained = process.constrainedMemory();
  return (constrained > 0 ? Math.min(constrained, totalmem()) : totalmem()) / 1024 ** 2;
}
