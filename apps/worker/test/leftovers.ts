import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** What is in the scratch folders of all processes that share a data folder. */
export async function leftovers(dataDir: string): Promise<string[]> {
  const found: string[] = [];
  for (const root of [join(dataDir, 'tmp'), join(dataDir, 'artifacts', 'tmp')]) {
    for (const owner of await readdir(root).catch(() => [])) {
      found.push(...(await readdir(join(root, owner)).catch(() => [])));
    }
  }
  return found;
}
