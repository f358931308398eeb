import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { CliError, EXIT } from './errors.js';

/** A server, and the key to it where one is kept. */
export interface Profile {
  server: string;
  key: string | null;
}

export interface Profiles {
  /** The one that is used where none is named. */
  current: string | null;
  byName: ReadonlyMap<string, Profile>;
}

/** Far more than anybody has profiles for: a file that is larger is another one. */
const MAX_BYTES = 1024 * 1024;
const PROFILE_NAME = /^[a-z0-9][a-z0-9._-]{0,62}$/;
/** Of a file that holds secrets: its owner's alone. */
const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;
const OF_OTHERS = 0o077;

/** Where profiles are: as https://specifications.freedesktop.org/basedir-spec says, for which relative paths are none. */
export function profilesPath(env: NodeJS.ProcessEnv = process.env): string {
  const { XDG_CONFIG_HOME: folder } = env;
  return join(folder && isAbsolute(folder) ? folder : join(home(), '.config'), 'heddle', 'config.json');
}

/** The root where an account has no home, as in a container that runs under a number. */
function home(): string {
  try {
    return homedir();
  } catch {
    return '/';
  }
}

/** The profile of that name, or without one the current one; null where that is none. Throws CliError. */
export function profileNamed(name: string | undefined, env: NodeJS.ProcessEnv = process.env): Profile | null {
  const { current, byName } = readProfiles(env);
  const wanted = name ?? current;
  if (wanted === null) return null;
  const profile = byName.get(wanted);
  if (!profile) throw unknownProfile(wanted, byName);
  return profile;
}

/** All of them; none where there is no file. Throws CliError for a file that is broken, or that others may read. */
export function readProfiles(env: NodeJS.ProcessEnv = process.env): Profiles {
  const path = profilesPath(env);
  const text = readPrivate(path);
  if (text === null) return { current: null, byName: new Map() };
  try {
    return profilesOf(parsed(text));
  } catch (error) {
    throw new CliError(`${path} is not a file of profiles: ${(error as Error).message}`, EXIT.config);
  }
}

/** Takes the place of what was there, in one step. Throws CliError. */
export function writeProfiles({ current, byName }: Profiles, env: NodeJS.ProcessEnv = process.env): void {
  const path = profilesPath(env);
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  const text = `${JSON.stringify({ current, profiles: Object.fromEntries(byName) }, null, 2)}\n`;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: FOLDER_MODE });
    writeFileSync(draft, text, { mode: FILE_MODE, flag: 'wx' });
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    throw new CliError(`${path} cannot be written (${codeOf(error)})`, EXIT.config);
  }
}

export function isProfileName(text: string): boolean {
  return PROFILE_NAME.test(text);
}

export function unknownProfile(name: string, byName: ReadonlyMap<string, Profile>): CliError {
  const there = byName.size === 0 ? 'there are none' : `there are ${[...byName.keys()].join(', ')}`;
  return new CliError(`no profile is called "${name}"; ${there}`, EXIT.usage);
}

/** Null where there is no such file. */
function readPrivate(path: string): string | null {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return null;
    throw new CliError(`${path} cannot be read (${codeOf(error)})`, EXIT.config);
  }
  try {
    const info = fstatSync(file);
    if (!info.isFile() || info.size > MAX_BYTES)
      throw new CliError(`${path} is not a file of profiles`, EXIT.config);
    if ((info.mode & OF_OTHERS) !== 0)
      throw new CliError(
        `${path} holds keys, and others may read or write it: chmod 600 ${path}`,
        EXIT.config,
      );
    return readFileSync(file, 'utf8');
  } finally {
    closeSync(file);
  }
}

/** Throws Error that says what is wrong, without any of its values: they may be keys. */
function profilesOf(value: unknown): Profiles {
  const { current = null, profiles = {} } = objectOf(value, 'it');
  const byName = new Map<string, Profile>();
  for (const [name, profile] of Object.entries(objectOf(profiles, 'profiles'))) {
    if (!isProfileName(name)) throw new Error('a name in it is none of a profile');
    const { server, key = null } = objectOf(profile, name);
    if (typeof server !== 'string' || !URL.canParse(server)) throw new Error(`${name}.server is not a URL`);
    if (key !== null && typeof key !== 'string') throw new Error(`${name}.key is not a string`);
    byName.set(name, { server, key });
  }
  if (current !== null && (typeof current !== 'string' || !byName.has(current)))
    throw new Error('current names none of its profiles');
  return { current, byName };
}

/** What JSON.parse says of it would quote it. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error('it is not JSON');
  }
}

function objectOf(value: unknown, what: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw new Error(`${what} is not an object`);
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error);
}
