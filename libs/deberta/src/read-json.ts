import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { HeddleError } from '@heddle/contracts';
import { isTooDeep } from './nesting.js';

/** A configuration is a few kB; with 100,000 labels it stays below 8 MiB. */
const MAX_CONFIG_BYTES = 8 * 1024 * 1024;

/** A small JSON file of a checkpoint folder. Throws `invalid-config`. */
export async function readJson(dir: string, name: string): Promise<unknown> {
  const path = join(dir, name);
  const unreadable = (cause: unknown): never => {
    throw new HeddleError('invalid-config', `${name} ${whyUnreadable(cause)}`, { cause });
  };
  const found = await stat(path).catch(unreadable);
  if (!found.isFile() || found.size > MAX_CONFIG_BYTES) {
    throw new HeddleError('invalid-config', `${name} is not a file of at most ${MAX_CONFIG_BYTES} bytes`);
  }
  const json = parseJson(await readFile(path, 'utf8').catch(unreadable), name);
  if (isTooDeep(json)) throw new HeddleError('invalid-config', `${name} is nested too deeply`);
  return json;
}

/** What a system error says of a file, without the path of this machine. */
export function whyUnreadable(error: unknown): string {
  return `cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown reason'})`;
}

function parseJson(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new HeddleError('invalid-config', `${name} is not JSON`, { cause });
  }
}
