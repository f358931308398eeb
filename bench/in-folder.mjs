import { rmSync } from 'node:fs';
import { mkdir, mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';

/** Does work in a new folder below `parent`, which is gone afterwards, also when the process is told to end. */
export async function inFolder(parent, prefix, work) {
  await mkdir(parent, { recursive: true });
  const folder = await mkdtemp(join(parent, prefix));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  process.once('exit', remove);
  try {
    return await work(folder);
  } finally {
    process.off('exit', remove);
    remove();
  }
}
