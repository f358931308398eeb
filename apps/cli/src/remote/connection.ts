import { CliError, EXIT } from './errors.js';
import { type Profile, profileNamed } from './profiles.js';

/** Where `up` serves on the same machine. */
export const DEFAULT_SERVER = 'http://127.0.0.1:8080';

/** What was typed. */
interface Typed {
  server?: string;
  key?: string;
  profile?: string;
}

export interface Connection {
  server: string;
  key: string;
}

/**
 * Which server to speak to, and with which key. What is typed goes before the environment, and that before the current
 * profile; a profile that is named with `--profile` is typed. The key of a profile goes to its own server and no other.
 * Throws CliError.
 */
export function connectionOf(typed: Typed, env: NodeJS.ProcessEnv = process.env): Connection {
  // A variable that is empty is one that is unset.
  const [server, key] = [typed.server || undefined, typed.key || undefined];
  const [envServer, envKey] = [env.HEDDLE_URL || undefined, env.HEDDLE_API_KEY || undefined];
  const isTyped = typed.profile !== undefined;
  const named = typed.profile ?? (env.HEDDLE_PROFILE || undefined);
  const isGiven = (server ?? envServer) !== undefined && (key ?? envKey) !== undefined;
  // Who says all of it needs no file.
  const profile = named === undefined && isGiven ? null : profileNamed(named, env);
  const address =
    server ?? (isTyped ? profile?.server : undefined) ?? envServer ?? profile?.server ?? DEFAULT_SERVER;
  if (!isHttpUrl(address))
    throw new CliError(`"${address}" is not a URL that begins with http:// or https://`, EXIT.usage);
  const own = profile && isSame(profile.server, address) ? profile.key : null;
  // Two variables that go together are of one server.
  const isOther = isTyped && envServer !== undefined && !isSame(envServer, address);
  const secret = key ?? (isTyped ? own : undefined) ?? (isOther ? undefined : envKey) ?? own;
  if (!secret) throw new CliError(noKey(profile, address), EXIT.auth);
  if (!isKey(secret))
    throw new CliError('the key holds characters that no key has: see HEDDLE_API_KEY or --key', EXIT.auth);
  return { server: address, key: secret };
}

export function isHttpUrl(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}

/** Whether it could be a key: what a header takes. */
export function isKey(text: string): boolean {
  return /^[\x21-\x7e]+$/.test(text);
}

function noKey(profile: Profile | null, address: string): string {
  const help = 'set HEDDLE_API_KEY or give --key';
  if (!profile?.key) return `no key: ${help}`;
  return `no key for ${address}: that of the profile is for ${profile.server} alone; ${help}`;
}

function isSame(one: string, other: string): boolean {
  const [a, b] = [one, other].map((url) => new URL(url).href.replace(/\/+$/, ''));
  return a === b;
}
