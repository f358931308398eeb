import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

/** Path of an installed program, or null. */
export async function findInPath(name: string): Promise<string | null> {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const path = join(folder, name);
    if (await isExecutable(path)) return path;
  }
  return null;
}

export function isExecutable(path: string): Promise<boolean> {
  return access(path, 1).then(
    () => true,
    () => false,
  );
}
