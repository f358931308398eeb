import { execFile } from 'node:child_process';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const execFileAsync = promisify(execFile);
const CACHE = fileURLToPath(new URL('../../../node_modules/.cache/heddle', import.meta.url));
/** Package lists and packages come from a mirror that may be slow. */
const APT_TIMEOUT_MS = 300_000;

/** Where `unpackDebianPackages` puts what goes by that name. */
export const unpackedFolder = (name: string): string => join(CACHE, name);

export interface Unpacking {
  name: string;
  /** Packages to download, given apt-get as it must be called here. */
  choose: (apt: AptGet) => Promise<string[]>;
  /** Makes of the unpacked files, below `root`, what is kept: the folder `draft`, which is renamed to `target`. */
  arrange: (folders: { root: string; draft: string; target: string }) => Promise<void>;
}
type AptGet = (...args: string[]) => Promise<{ stdout: string }>;

/**
 * Downloads Debian packages and unpacks them into `node_modules/.cache/heddle`, without installing them and without
 * root: specs change nothing on the machine and no system service starts.
 */
export async function unpackDebianPackages({ name, choose, arrange }: Unpacking): Promise<void> {
  const target = unpackedFolder(name);
  const draft = `${target}.${process.pid}`;
  const packages = join(draft, 'packages');
  const root = join(draft, 'root');
  await mkdir(join(packages, 'lists', 'partial'), { recursive: true });
  await mkdir(join(packages, 'cache', 'archives', 'partial'), { recursive: true });
  // Lists of our own: those of the system may be missing or old, and belong to root.
  const apt: AptGet = (...args) =>
    execFileAsync(
      'apt-get',
      [
        '-o',
        `Dir::State::lists=${packages}/lists`,
        '-o',
        `Dir::Cache=${packages}/cache`,
        // As root apt would fetch as the account _apt, which cannot write here.
        '-o',
        'APT::Sandbox::User=root',
        ...args,
      ],
      { cwd: packages, timeout: APT_TIMEOUT_MS },
    );
  try {
    await apt('update');
    await apt('download', ...(await choose(apt)));
    for (const file of await readdir(packages)) {
      if (file.endsWith('.deb')) await execFileAsync('dpkg', ['-x', join(packages, file), root]);
    }
    await arrange({ root, draft, target });
    await rm(packages, { recursive: true });
    await rm(target, { recursive: true, force: true });
    await rename(draft, target);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    throw error;
  }
}
