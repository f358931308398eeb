import { execFile } from 'node:child_process';
import { access, chmod, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const execFileAsync = promisify(execFile);
const CACHE = fileURLToPath(new URL('../../../node_modules/.cache/heddle', import.meta.url));
/** Package lists and packages come from a mirror that may be slow. */
const APT_TIMEOUT_MS = 300_000;

/**
 * Path of a redis-server: the installed one, else Debian's package, unpacked once into
 * `node_modules/.cache/heddle`. It is unpacked rather than installed, for root as well, so that specs change
 * nothing on the machine and no system service starts.
 * @throws Error saying what to install where Debian's packages cannot be had.
 */
export async function redisServerPath(): Promise<string> {
  const installed = await findInPath('redis-server');
  if (installed) return installed;
  const unpacked = join(CACHE, 'redis');
  const launcher = join(unpacked, 'redis-server');
  if (await isExecutable(launcher)) return launcher;
  try {
    await unpackDebianRedis(unpacked);
  } catch (cause) {
    throw new Error(
      'Specs need a redis-server. Install it (Debian, Ubuntu: apt-get install redis-server; macOS: brew install redis) ' +
        'so that it is found in PATH.',
      { cause },
    );
  }
  return launcher;
}

async function unpackDebianRedis(target: string): Promise<void> {
  const draft = `${target}.${process.pid}`;
  const packages = join(draft, 'packages');
  await mkdir(join(packages, 'lists', 'partial'), { recursive: true });
  await mkdir(join(packages, 'cache', 'archives', 'partial'), { recursive: true });
  // Lists of our own: those of the system may be missing or old, and belong to root.
  const apt = (...args: string[]) =>
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
  await apt('update');
  // The simulation names what this system lacks: the server, its tools and their libraries.
  const { stdout } = await apt('install', '--simulate', '--no-install-recommends', 'redis-server');
  const names = [...stdout.matchAll(/^Inst (\S+)/gm)].map((match) => match[1]!);
  await apt('download', ...names);
  for (const file of await readdir(packages)) {
    if (file.endsWith('.deb')) await execFileAsync('dpkg', ['-x', join(packages, file), join(draft, 'root')]);
  }
  const [libraries] = (await readdir(join(draft, 'root/usr/lib'))).filter((name) => name.includes('-linux-'));
  const root = join(target, 'root');
  await writeFile(
    join(draft, 'redis-server'),
    `#!/bin/sh\nLD_LIBRARY_PATH='${root}/usr/lib/${libraries}' exec '${root}/usr/bin/redis-server' "$@"\n`,
  );
  await chmod(join(draft, 'redis-server'), 0o755);
  await rm(packages, { recursive: true });
  await rm(target, { recursive: true, force: true });
  await rename(draft, target);
}

async function findInPath(name: string): Promise<string | null> {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const path = join(folder, name);
    if (await isExecutable(path)) return path;
  }
  return null;
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, 1).then(
    () => true,
    () => false,
  );
}
