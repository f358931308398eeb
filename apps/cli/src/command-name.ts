import { isAbsolute, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository, seen from `apps/cli/{src,dist}`. */
const REPOSITORY = fileURLToPath(new URL('../../..', import.meta.url));
const LAUNCHER = fileURLToPath(new URL('../bin/heddle.mjs', import.meta.url));
/** What a shell takes as it stands. */
const PLAIN = /^[\w@%+=:,./-]+$/;

/**
 * How to call this program from `folder`: npx finds it anywhere in the clone, and would fetch a stranger's package
 * elsewhere.
 */
export function commandFrom(folder: string): string {
  const way = relative(REPOSITORY, folder);
  const inside = way !== '..' && !way.startsWith('../') && !isAbsolute(way);
  return inside ? 'npx heddle' : `node ${quoted(LAUNCHER)}`;
}

/**
 * How to call this program from where the user stands, which npm keeps when it goes to the package's folder:
 * whatever is printed can be pasted.
 */
export const COMMAND = commandFrom(process.env.INIT_CWD ?? process.cwd());

/** The end of a command's help. */
export function example(args: string): string {
  return `\nExample: ${COMMAND} ${args}`;
}

/** A word as a POSIX shell takes it. */
export function quoted(word: string): string {
  return PLAIN.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
