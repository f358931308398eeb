import { join } from 'node:path';
import { unpackDebianPackages, unpackedFolder } from './debian-packages.js';
import { findInPath, isExecutable } from './executables.js';

const FOLDER = 'prometheus';

/**
 * Path of Prometheus's promtool: the installed one, else that of Debian's package, unpacked once. Null where neither can be had;
 * continuous integration (CI is set) must have it.
 */
export async function promtoolPathIfAny(): Promise<string | null> {
  const installed = await findInPath('promtool');
  if (installed) return installed;
  const path = join(unpackedFolder(FOLDER), 'root/usr/bin/promtool');
  if (await isExecutable(path)) return path;
  try {
    await unpackDebianPackages({
      name: FOLDER,
      // It needs no more than libc.
      choose: async () => ['prometheus'],
      arrange: async () => undefined,
    });
    return path;
  } catch (cause) {
    if (process.env.CI) throw new Error('Specs of alert rules need promtool: install prometheus.', { cause });
    console.log(`not run: no promtool (${(cause as Error).message.split('\n')[0]})`);
    return null;
  }
}
