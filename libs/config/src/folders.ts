import { accessSync, chmodSync, constants, lstatSync, mkdirSync, statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { ConfigError } from './config-error.js';

/** File systems of the kernel's own, which promise to hold folders and hold none: proc and sysfs of Linux. */
const KERNEL_FILE_SYSTEMS = [0x9f_a0, 0x62_65_65_72];

/**
 * Whether `folder`, which `setting` names, is there and can be written, or could be made. Makes nothing.
 * Throws ConfigError that names the setting, the place and the reason.
 */
export function assertUsableFolder(setting: string, folder: string): void {
  let at = folder;
  while (!isThere(setting, at)) at = dirname(at);
  const refuse = (reason: string) => refusal(setting, folder, at, reason);
  if (!statSync(at).isDirectory()) throw refuse('is not a folder');
  try {
    accessSync(at, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw refuse(`cannot be written (${codeOf(error)})`);
  }
  if (KERNEL_FILE_SYSTEMS.includes(statfsSync(at).type)) throw refuse('belongs to the kernel');
}

/**
 * Makes `folder` where it is missing. Throws ConfigError as `assertUsableFolder` does.
 * Not mkdir's `recursive`: Node never comes back from it where a file system answers ENOENT to every name.
 */
export function makeFolder(setting: string, folder: string): void {
  assertUsableFolder(setting, folder);
  const missing: string[] = [];
  for (let at = folder; !isThere(setting, at); at = dirname(at)) missing.unshift(at);
  for (const at of missing) {
    try {
      mkdirSync(at);
      // The account that the embedded Postgres runs as must pass through, whatever root's umask is.
      if (process.getuid?.() === 0) chmodSync(at, statSync(at).mode | 0o111);
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw refusal(setting, folder, at, `cannot be made (${codeOf(error)})`);
    }
  }
}

function isThere(setting: string, path: string): boolean {
  try {
    statSync(path);
    return true;
  } catch (error) {
    const code = codeOf(error);
    // A file on the way, at which the search ends.
    if (code === 'ENOTDIR') return false;
    if (code !== 'ENOENT') throw refusal(setting, path, path, `cannot be looked at (${code})`);
  }
  if (lstatSync(path, { throwIfNoEntry: false })) {
    throw refusal(setting, path, path, 'is a link to nothing');
  }
  return false;
}

function refusal(setting: string, folder: string, at: string, reason: string): ConfigError {
  const what = at === folder ? `${folder} ${reason}` : `${folder} cannot be made: ${at} ${reason}`;
  return new ConfigError([`${setting}: ${what}; name a folder that can be written`]);
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error);
}
